"""The main path, and what must not disturb it: reloads, a second tab, a dead server, impatient clicks."""

import json
import re
import time

from playwright.sync_api import expect

from tests.browser.support import steps
from tests.browser.support.server import wait_until

LONG = "/train?epochs=300&early_stopping=false"


def test_a_user_gets_from_home_to_a_finished_run_and_its_errors(visit, server):
    page = visit(server)
    steps.button(page, "Choose and start").click()
    steps.shows(page, "Train a model")
    run_id = steps.click_start(page)
    steps.trains(page)
    wait_until(lambda: steps.points(page) > 0, what="the curve begins")
    first_epoch, first_points = steps.epoch(page), steps.points(page)
    wait_until(lambda: steps.points(page) > first_points, what="the curve grows")
    wait_until(lambda: steps.epoch(page) > first_epoch, what="the epochs are counted")
    expect(steps.finish(page, "mistakes")).to_be_visible(timeout=steps.TRAINED)
    assert "Finished" in steps.main(page).inner_text()
    assert steps.named_run(page) == run_id
    steps.finish(page, "mistakes").click()
    steps.shows(page, "Evaluate")
    assert steps.named_run(page) == run_id
    result = json.loads((server.runs / run_id / "result.json").read_text())
    assert f"{100 * result['test_accuracy']:.1f}%" in steps.main(page).inner_text()


def test_a_reload_and_a_second_tab_show_the_same_training_to_its_end(tidied_server, visit):
    before = tidied_server.run_ids()
    first = visit(tidied_server, LONG)
    steps.shows(first, "Train a model")
    run_id = steps.click_start(first)
    steps.trains(first)
    first.reload()
    steps.trains(first)
    assert steps.named_run(first) == run_id
    second = visit(tidied_server, f"/train?run={run_id}")
    steps.trains(second)
    seen = steps.epoch(second)
    wait_until(lambda: steps.epoch(second) > seen and steps.epoch(first) > seen, what="both tabs live")
    steps.button(second, "Stop").click()
    for page in (first, second):
        expect(steps.finish(page, "try")).to_be_visible(timeout=steps.SLOW)
        assert "Stopped" in steps.main(page).inner_text()
    assert tidied_server.run_ids() - before == {run_id}


def test_training_survives_a_killed_server_and_is_not_started_twice(tidied_server, visit):
    page = visit(tidied_server, LONG)
    steps.shows(page, "Train a model")
    run_id = steps.click_start(page)
    steps.trains(page)
    trainers = tidied_server.trainers(run_id)
    assert len(trainers) == 1
    tidied_server.kill()
    tidied_server.start()
    page.reload()
    steps.trains(page)
    assert steps.named_run(page) == run_id
    seen = steps.epoch(page)
    wait_until(lambda: steps.epoch(page) > seen, what="the training goes on")
    assert tidied_server.trainers(run_id) == trainers
    steps.button(page, "Stop").click()
    expect(steps.finish(page, "try")).to_be_visible(timeout=steps.SLOW)
    wait_until(lambda: not tidied_server.trainers(run_id), what="the trainer has ended")


def test_stop_responds_within_a_second_and_keeps_the_model(visit, server):
    page = visit(server, LONG)
    steps.shows(page, "Train a model")
    run_id = steps.click_start(page)
    steps.trains(page)
    wait_until(lambda: steps.epoch(page) > 1, what="one epoch is complete")
    # The page may answer faster than a test can look, and be past it, even past the end of the run: a witness in the
    # page notes when.
    page.evaluate(
        """() => {
            const main = document.querySelector('[data-testid=stMain]');
            window.answered = null;
            const look = () => { if (/Stopping|Stopped/.test(main.innerText)) window.answered ??= performance.now(); };
            new MutationObserver(look).observe(main, {subtree: true, childList: true, characterData: true});
            main.addEventListener('click', () => window.pressed ??= performance.now(), true);
        }"""
    )
    steps.button(page, "Stop").click()
    page.wait_for_function("() => window.answered")
    assert page.evaluate("() => window.answered - window.pressed") < 1000
    expect(steps.finish(page, "try")).to_be_visible(timeout=steps.SLOW)
    assert "Stopped" in steps.main(page).inner_text()
    assert json.loads((server.runs / run_id / "result.json").read_text())["outcome"] == "stopped"
    steps.finish(page, "try").click()
    steps.shows(page, "Predict")
    expect(page.locator("canvas").last).to_be_visible()


def test_three_quick_clicks_on_start_create_one_run(visit, server):
    before = server.run_ids()
    page = visit(server, LONG)
    steps.shows(page, "Train a model")
    steps.button(page, "Start").click(click_count=3)
    run_id = steps.named_run(page)
    expect(steps.button(page, "Stop")).to_be_visible()
    steps.settled(page)
    # A second run would come with a late rerun of the form: by now it would have appeared.
    time.sleep(1)
    assert server.run_ids() - before == {run_id}
    wait_until(lambda: server.trainers(run_id), what="the trainer has begun")
    assert len(server.trainers(run_id)) == 1
    assert re.search(r"[?&]run=([^&]+)", page.url)[1] == run_id
    steps.button(page, "Stop").click()
    wait_until((server.runs / run_id / "result.json").exists, what="the run has stopped")
