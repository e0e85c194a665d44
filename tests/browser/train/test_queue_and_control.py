"""Queued runs, pauses, and changes during training."""

import json
import re

from playwright.sync_api import expect

from benchmarks.support.session import Session
from imgcls.runs.run import Run
from tests.browser.support import steps
from tests.browser.support.server import wait_until

LONG = "/train?epochs=300&early_stopping=false"
OVERLAPS = """option => {
  const name = document.createRange(); name.selectNodeContents(option.firstChild);
  const note = getComputedStyle(option, "::after"), box = option.getBoundingClientRect();
  const top = box.bottom - parseFloat(note.bottom) - parseFloat(note.height);
  return name.getBoundingClientRect().bottom > top + 2;
}"""
"""Whether the note of an option of a narrow list is written over its name."""


def test_the_queue_can_be_reordered_and_runs_without_an_open_page(tidied_server, visit):
    page = visit(tidied_server, LONG)
    steps.shows(page, "Train a model")
    first = steps.click_start(page)
    steps.trains(page)
    second_page, third_page = visit(tidied_server, LONG), visit(tidied_server, LONG)
    waiting = []
    for number, other in enumerate((second_page, third_page), 1):
        steps.shows(other, "Train a model")
        waiting.append(steps.click_start(other))
        expect(steps.main(other)).to_contain_text(f"Position {number} of {number} in the queue", timeout=steps.SLOW)
    steps.button(third_page, "Earlier").click()
    expect(steps.main(third_page)).to_contain_text("Position 1 of 2 in the queue")
    expect(steps.main(second_page)).to_contain_text("Position 2 of 2 in the queue")
    steps.button(second_page, "Remove from queue").click()
    expect(steps.main(second_page)).to_contain_text("Not queued.")
    expect(steps.main(third_page)).to_contain_text("Position 1 of 1 in the queue")
    second_page.close()
    third_page.close()
    steps.button(page, "Stop").click()
    expect(steps.finish(page, "try")).to_be_visible(timeout=steps.SLOW)
    page.close()
    journal = tidied_server.runs / waiting[1] / "metrics.jsonl"
    wait_until(lambda: journal.exists() and steps.metrics_of(journal.parent), what="the next run trains")
    assert not tidied_server.trainers(first)
    assert not (tidied_server.runs / waiting[0] / "trainer.json").exists()


def test_pause_suspends_training_and_resume_continues_it(visit, server):
    page = visit(server, LONG)
    steps.shows(page, "Train a model")
    run_id = steps.click_start(page)
    steps.trains(page)
    steps.button(page, "Pause").click()
    expect(steps.main(page)).to_contain_text(re.compile(r"Paused in epoch \d+ of 300\. Nothing is lost\."))
    assert page.title().startswith("Paused")
    paused = len(steps.metrics_of(server.runs / run_id))
    page.reload()
    expect(steps.button(page, "Resume")).to_be_visible(timeout=steps.SLOW)
    assert len(steps.metrics_of(server.runs / run_id)) == paused
    steps.button(page, "Resume").click()
    expect(steps.button(page, "Pause")).to_be_visible(timeout=steps.SLOW)
    wait_until(lambda: len(steps.metrics_of(server.runs / run_id)) > paused, what="the training goes on")
    steps.button(page, "Stop").click()
    expect(steps.finish(page, "try")).to_be_visible(timeout=steps.SLOW)
    expect(steps.main(page)).to_contain_text("Stopped")


def test_a_click_during_a_rerun_takes_effect(visit, server):
    page = visit(server, LONG)
    steps.shows(page, "Train a model")
    run_id = steps.click_start(page)
    steps.trains(page)
    page.close()
    query = f"run={run_id}"
    with Session(server.port) as tab:
        tab.rerun("train", query)
        pressed = {"pause": {"trigger_value": True}}
        tab.widget_id("pause")
        tab.rerun("train", query, fragment=next(iter(tab.fragments)))
        assert b"-pause" not in tab.seen, "an update sends no buttons"
        tab.begin("train", query)
        tab.ask("train", query, widgets=pressed)
        wait_until(lambda: Run(server.runs / run_id).state == "paused", what="the run pauses")
    Run(server.runs / run_id).send_request(pause=False, stop=True)
    wait_until((server.runs / run_id / "result.json").exists, what="the run has stopped")


def test_a_new_learning_rate_is_requested_applied_and_marked_on_the_curve(visit, server):
    page = visit(server, LONG)
    steps.shows(page, "Train a model")
    run_id = steps.click_start(page)
    steps.trains(page)
    steps.main(page).get_by_text("Change settings during training").click()
    rate = steps.main(page).get_by_label("Learning rate", exact=True)
    rate.fill("0.0005")
    rate.press("Enter")
    steps.button(page, "Apply").click()
    expect(steps.main(page)).to_contain_text(re.compile(r"Learning rate 0.0005: applied at epoch \d+"))
    (change,) = [line for line in steps.metrics_of(server.runs / run_id) if line["kind"] == "change"]
    assert (change["what"], change["value"]) == ("learning_rate", 0.0005)
    steps.button(page, "Stop").click()
    wait_until((server.runs / run_id / "result.json").exists, what="the run has stopped")


def test_one_click_applies_a_preset_and_it_survives_a_reload(tidied_server, visit):
    page = visit(tidied_server, "/train?model=Deep+CNN+%28fast%29")
    steps.shows(page, "Train a model")
    presets = steps.main(page).locator("[class*=st-key-preset-] button:visible")
    expect(presets).to_have_count(3)
    page.set_viewport_size({"width": 390, "height": 800})  # the lines of one wrap, and not of the others
    heights = [button.bounding_box()["height"] for button in presets.all()]
    assert max(heights) - min(heights) < 1, heights
    page.set_viewport_size({"width": 1280, "height": 720})
    for label in ("Dataset", "Model"):
        steps.main(page).get_by_role("combobox", name=label).click()
        options = page.get_by_role("option")
        expect(options.first).to_be_visible()
        assert [one.inner_text() for one in options.all() if one.evaluate(OVERLAPS)] == []
        page.keyboard.press("Escape")
    steps.main(page).get_by_role("button", name="Name, seeds").click()
    field = page.get_by_label("Seeds", exact=True)
    expect(field).to_be_visible()
    box = field.bounding_box()
    assert box["y"] + box["height"] < 700, "cut off at the lower edge of a small screen"
    page.keyboard.press("Escape")
    good = steps.main(page).locator(".st-key-preset-good")
    good.get_by_role("button").click()
    expect(good).to_contain_text("check")  # the tick's ligature
    page.reload()
    steps.shows(page, "Train a model")
    expect(good).to_contain_text("check")
    expect(steps.main(page).locator(".st-key-preset-quick")).not_to_contain_text("check")
    run_id = steps.click_start(page)
    config = json.loads((tidied_server.runs / run_id / "config.json").read_text())
    assert (config["optimizer"], config["schedule"], config["flip"]) == ("muon", "one_cycle", False)
