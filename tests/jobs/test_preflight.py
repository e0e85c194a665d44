"""Checks before the start: what they find, what they say, and what happens when they are killed, robbed or starved."""

import json
import math
import subprocess
import sys
import threading
import time

import numpy as np
import psutil
import pytest
from streamlit.testing.v1 import AppTest

from imgcls import datasets
from imgcls.config import Config
from imgcls.errors import DatasetError, ProbeError
from imgcls.jobs.preflight import checks, lr_finder, verdicts
from imgcls.system import paths
from tests.support.pages import prepared

pytestmark = pytest.mark.timeout(300)

SMALL = Config(data="digits", model="ann", model_settings={"units": 32}, batch_size=32)
FOUND = {
    "counts": [120] * 10,
    "low": 0.0,
    "high": 1.0,
    "mean": 0.3,
    "deviation": 0.4,
    "first_loss": 2.31,
    "epoch_seconds": 2.0,
    "memory": 8e8,
    "memory_available": 8e9,
    "others": 0.0,
    "training": False,
    "batch_first": 2.4,
    "batch_last": 0.2,
    "batch_accuracy": 1.0,
    "batch_steps": 80,
    "batch_size": 32,
}
RISING = np.geomspace(1e-6, 10, 140)


def finder_losses(seed: int = 0) -> np.ndarray:
    """The typical curve: flat and noisy, falling around 0.003, wild above 0.3."""
    x = np.log10(RISING)
    losses = 2.3 - 1.9 / (1 + np.exp(-4 * (x + 2.5))) + np.exp(np.minimum(6 * (x + 0.3), 30))
    return losses + np.random.default_rng(seed).normal(0, 0.05, len(x))


def placed(kind: str, config: Config, found: dict, *, state: str = "finished", message: str = ""):
    """A probe's folder as its process leaves it."""
    folder = checks.folder_of(kind, config)
    folder.mkdir(parents=True)
    content = {"version": checks.VERSION, "state": state, "phase": "", "share": 1.0, "message": message, "found": found}
    (folder / "result.json").write_text(json.dumps(content))
    return folder


def processes() -> list[psutil.Process]:
    """The probes of this test that live."""
    found = []
    for process in psutil.process_iter():
        try:
            line = process.cmdline()
            if "imgcls.training.preflight.process" in line and any(str(paths.cache_folder()) in word for word in line):
                found += [process] if process.status() != psutil.STATUS_ZOMBIE else []
        except psutil.Error:
            continue
    return found


@pytest.fixture(autouse=True)
def none_is_left(own_folders):
    yield
    for process in processes():
        process.kill()


def level_of(name: str, config: Config = SMALL, **found) -> str:
    facts = datasets.facts(config.data)
    return next(light for light in verdicts.lights(config, facts, FOUND | found) if light.name == name).level


# ---- what is measured


@pytest.fixture
def checked(keras, tmp_path, digits):
    """`checked(config)` makes the check in this process and returns what a page reads."""
    from imgcls.training.preflight import checks
    from imgcls.training.preflight.report import Report

    def check(config):
        report = Report(tmp_path)
        checks.check(config, report)
        report.end()
        return checks.look(tmp_path)

    return check


def test_the_check_answers_every_question(checked):
    seen = checked(SMALL)

    lights = {light.name: light for light in verdicts.lights(SMALL, datasets.facts("digits"), seen.found)}
    assert seen.state == "finished"
    assert list(lights) == ["Time", "Memory", "First loss", "One batch", "Classes", "Input"]
    assert {name for name, light in lights.items() if light.level != "good"} <= {"Time"}  # the machine may be busy
    assert sum(seen.found["counts"]) == 1221
    assert seen.found["steps_per_epoch"] == math.ceil(1221 / 32)
    assert seen.found["epoch_seconds"] > seen.found["judging_seconds"] > 0
    assert seen.found["memory"] > 1e8
    assert (seen.found["low"], seen.found["high"]) == (0.0, 1.0)


def test_a_rate_that_is_far_too_large_is_told_from_a_network_that_cannot_learn(checked):
    config = SMALL.changed(optimizer="sgd", learning_rate=1e6)
    seen = checked(config)

    light = next(
        light for light in verdicts.lights(config, datasets.facts("digits"), seen.found) if light.name == "One batch"
    )
    assert light.level == "bad"
    assert "With Adam and a rate of 0.001 it does" in light.sentence
    assert "nan" not in light.sentence


def test_dropout_is_off_while_a_batch_is_learnt(checked):
    seen = checked(SMALL.changed(model_settings={"units": 32, "dropout": 0.8}))

    assert seen.found["batch_last"] < verdicts.LEARNT_FRACTION * seen.found["batch_first"]


def test_the_finder_suggests_a_rate_that_learns(keras, tmp_path, digits):
    from imgcls.training.preflight import lr_finder
    from imgcls.training.preflight.report import Report

    report = Report(tmp_path)
    lr_finder.find(SMALL, report)
    report.end()

    found = checks.look(tmp_path).found
    assert 60 < len(found["rates"]) <= lr_finder.STEPS
    assert 1e-3 <= lr_finder.suggestion(found["rates"], found["losses"]) <= 0.1


# ---- the process


def test_clicks_in_several_tabs_are_one_process_and_one_result(digits, wait_until):
    clicks = [threading.Thread(target=checks.start, args=("check", SMALL)) for _ in range(5)]
    for click in clicks:
        click.start()
    for click in clicks:
        click.join()
    checks.start("check", SMALL.changed(epochs=99))

    folder = checks.folder_of("check", SMALL)
    wait_until(lambda: checks.look(folder).phase == "loading", seconds=60)
    assert len(processes()) == 1
    assert checks.look(folder).state == "running"
    wait_until(lambda: checks.look(folder).state != "running", seconds=120)
    seen = checks.look(folder)
    assert (seen.state, seen.message) == ("finished", "")
    assert set(FOUND) <= set(seen.found)
    assert [path.name for path in checks.all_folder().iterdir() if path.is_dir()] == [folder.name]


def test_a_killed_probe_is_one_sentence_and_can_be_started_again(digits, wait_until):
    checks.start("rates", SMALL)
    folder = checks.folder_of("rates", SMALL)
    wait_until(lambda: checks.look(folder).phase == "loading", seconds=60)
    processes()[0].kill()

    wait_until(lambda: checks.look(folder).state == "failed", seconds=5)
    assert checks.look(folder).message == checks.INTERRUPTED
    checks.start("rates", SMALL)
    assert checks.look(folder).state == "running"
    wait_until(lambda: len(processes()) == 1, seconds=60)


def test_a_halted_probe_is_told_and_makes_way(digits, wait_until, monkeypatch):
    checks.start("check", SMALL)
    folder = checks.folder_of("check", SMALL)
    wait_until(lambda: checks.look(folder).phase == "loading", seconds=60)
    halted = processes()[0]
    halted.suspend()
    monkeypatch.setattr(checks, "STUCK_SECONDS", 0.3)

    wait_until(lambda: checks.look(folder).message == checks.STUCK, seconds=10)
    monkeypatch.undo()
    checks.forget(folder)
    assert not halted.is_running()


def test_a_probe_whose_folder_vanishes_ends_itself(digits, wait_until):
    command = [sys.executable, "-m", "imgcls.training.preflight.process", "check"]
    folder = paths.cache_folder() / "probes" / "check-1"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(SMALL.as_dict()))
    process = subprocess.Popen([*command, folder / "config.json", folder], cwd=paths.repository_folder())
    wait_until(lambda: (folder / "result.json").exists(), seconds=60)
    checks.forget(folder)

    assert process.wait(10) == 3
    assert not folder.exists()


def test_a_full_disk_leaves_a_sentence(digits):
    folder = paths.cache_folder() / "probes" / "check-1"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(SMALL.as_dict()))
    code = (
        "import resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (400, 400))\n"
        "from imgcls.training.preflight import process as probe\n"
        "sys.exit(probe.main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", code, "check", folder / "config.json", folder]
    subprocess.run(command, cwd=paths.repository_folder(), timeout=120, capture_output=True)

    seen = checks.look(folder)
    assert seen.state == "failed"
    assert "could not be written" in seen.message
    assert "Free some space" in seen.message
    assert seen.found == {}


def test_a_probe_of_settings_that_cannot_be_built_says_why(digits, wait_until):
    config = SMALL.changed(model="cnn", model_settings={"blocks": 4})
    checks.start("check", config)
    folder = checks.folder_of("check", config)
    wait_until(lambda: checks.look(folder).state != "running", seconds=120)

    assert checks.look(folder).state == "failed"
    assert "Use fewer blocks, or larger pictures" in checks.look(folder).message


# ---- folders


def test_only_settings_that_matter_make_another_folder(digits):
    check, finder = checks.folder_of("check", SMALL), checks.folder_of("rates", SMALL)

    assert check != finder
    assert checks.folder_of("check", SMALL.changed(epochs=3, patience=1, schedule="cosine")) == check
    assert checks.folder_of("check", SMALL.changed(learning_rate=0.5)) != check
    assert checks.folder_of("rates", SMALL.changed(learning_rate=0.5)) == finder
    assert checks.folder_of("rates", SMALL.changed(batch_size=16)) != finder


def test_data_that_are_not_ready_are_a_sentence_with_the_way_to_get_them():
    with pytest.raises(DatasetError, match="not prepared yet"):
        checks.start("check", SMALL)


def test_a_cache_that_cannot_be_written_is_a_sentence(digits):
    checks.all_folder().write_text("a file where a folder should be")

    with pytest.raises(ProbeError, match="IMGCLS_CACHE"):
        checks.start("check", SMALL)
    assert processes() == []


STRANGE = (
    "",
    "[]",
    '{"state": "fin',
    "null",
    '{"state": "finished"}',
    '{"version": 99, "state": "finished"}',
    "[" * 100_000,
    "\udcff".encode("utf-8", "surrogateescape"),
)


@pytest.mark.parametrize("content", STRANGE, ids=range(len(STRANGE)))
def test_a_stranger_s_result_is_a_sentence(content, digits):
    folder = placed("check", SMALL, {})
    (folder / "result.json").write_bytes(content if isinstance(content, bytes) else content.encode())

    assert checks.look(folder) in (
        checks.Look("failed", message=checks.DAMAGED),
        checks.Look("failed", message=checks.NEWER),
    )


@pytest.mark.parametrize("value", ["x", [1], None, True, {}, 1e300, -1e14, [None] * 10, [1e9] * 2000, 10**400, "NaN"])
def test_a_result_of_strange_values_never_breaks_the_lights(value, digits):
    folder = placed("check", SMALL, {})
    for name in FOUND:
        text = json.dumps({"version": 1, "state": "finished", "share": value, "found": FOUND | {name: value}})
        (folder / "result.json").write_text(text)
        for light in verdicts.lights(SMALL, datasets.facts("digits"), checks.look(folder).found):
            assert light.level in ("good", "look", "bad")
            assert "nan" not in light.sentence


def test_old_probes_are_forgotten(digits, monkeypatch):
    monkeypatch.setattr(checks, "MOST_KEPT", 3)
    monkeypatch.setattr(checks.processes, "spawn", lambda *command, **streams: subprocess.Popen(["true"]))
    for number in range(5):
        checks.start("check", SMALL.changed(seed=number))
        wait = checks.look(checks.folder_of("check", SMALL.changed(seed=number)))
        assert wait.state in ("running", "failed")
        time.sleep(0.05)

    assert len(list(checks.all_folder().glob("check-*"))) <= 4


# ---- what is said


def test_the_suggestion_lies_where_the_loss_falls_steepest():
    for seed in range(10):
        assert 1e-3 <= lr_finder.suggestion(RISING, finder_losses(seed)) <= 1e-2


def test_a_noisy_start_suggests_nothing_that_early():
    losses = finder_losses()
    losses[:12] += np.linspace(2.0, 0.0, 12)  # the first batches were hard ones

    assert 1e-3 <= lr_finder.suggestion(RISING, losses) <= 1e-2


@pytest.mark.parametrize(
    "losses",
    [
        np.full(140, 2.3),
        2.3 + np.random.default_rng(0).normal(0, 0.1, 140),
        np.linspace(2.3, 9.0, 140),
        np.full(140, np.nan),
        finder_losses()[:15],
    ],
    ids=["flat", "noise", "rising", "nan", "too few"],
)
def test_a_loss_that_never_falls_suggests_nothing(losses):
    assert lr_finder.suggestion(RISING[: len(losses)], losses) is None


@pytest.mark.parametrize(
    ("name", "found", "level"),
    [
        ("Time", {}, "good"),
        ("Time", {"training": True}, "look"),
        ("Time", {"others": 0.6}, "look"),
        ("Time", {"epoch_seconds": 3600.0}, "look"),
        ("Time", {"epoch_seconds": 36000.0}, "bad"),
        ("Time", {"epoch_seconds": 1e14}, "bad"),
        ("Memory", {}, "good"),
        ("Memory", {"memory": 6e9}, "look"),
        ("Memory", {"memory": 9e9}, "bad"),
        ("First loss", {}, "good"),
        ("First loss", {"first_loss": 4.0}, "look"),
        ("First loss", {"first_loss": 40.0}, "bad"),
        ("First loss", {"first_loss": 0.1}, "bad"),
        ("First loss", {"first_loss": None}, "bad"),
        ("One batch", {}, "good"),
        ("One batch", {"batch_last": 1.0, "usual_learns": False}, "look"),
        ("One batch", {"batch_last": 2.4, "usual_learns": True}, "bad"),
        ("One batch", {"batch_last": None, "usual_learns": False}, "bad"),
        ("One batch", {"batch_last": 1.0, "batch_steps": 20}, "look"),
        ("Classes", {}, "good"),
        ("Classes", {"counts": [120] * 9 + [40]}, "look"),
        ("Classes", {"counts": [5] * 10}, "look"),
        ("Classes", {"counts": [120] * 9 + [10]}, "bad"),
        ("Classes", {"counts": [120] * 9 + [0]}, "bad"),
        ("Input", {}, "good"),
        ("Input", {"deviation": 0.02, "mean": 0.99}, "look"),
        ("Input", {"high": 255.0, "mean": 33.0, "deviation": 78.0}, "bad"),
        ("Input", {"mean": None}, "bad"),
    ],
)
def test_a_light_shows_what_was_found(name, found, level):
    assert level_of(name, **found) == level


# ---- the page


def opened(config: Config, *, unfolded: bool = True) -> AppTest:
    from imgcls.ui.train import settings_form

    app = prepared("train", **settings_form.query_of(settings_form.form_of(config)))
    app.session_state["probes"] = unfolded
    return app.run()


def button(app: AppTest, label: str):
    return next(found for found in app.button if found.label == label)


def test_a_closed_section_looks_at_nothing(digits, monkeypatch):
    monkeypatch.setattr(checks, "folder_of", None)

    app = opened(SMALL, unfolded=False)
    assert not app.exception
    assert "Check these settings" not in [found.label for found in app.button]


def test_the_page_shows_the_lights_and_puts_the_suggestion_into_the_form(digits):
    placed("check", SMALL, FOUND)
    placed("rates", SMALL, {"rates": RISING.tolist(), "losses": finder_losses().tolist()})
    suggested = lr_finder.suggestion(RISING, finder_losses())
    app = opened(SMALL)

    text = "\n".join(element.value for element in app.markdown)
    assert text.count("check_circle: Good") == 6
    button(app, f"Use {suggested:g}").click().run()
    assert not app.exception
    assert app.number_input(key="learning_rate").value == suggested
    assert button(app, f"{suggested:g} applied").disabled
    assert "Check these settings" in [found.label for found in app.button]  # the check was of another rate


@pytest.mark.parametrize("message", ["", "It broke <b>here</b>."])
def test_the_page_says_why_a_probe_has_no_result(message, digits):
    placed("check", SMALL, {}, state="failed", message=message)
    (placed("rates", SMALL, {}) / "result.json").write_text("{")
    app = opened(SMALL)

    assert not app.exception
    told = [warning.value.replace("\\", "") for warning in app.warning]
    assert any("The check has no result" in text for text in told)
    assert any("The learning-rate finder has no result" in text and checks.DAMAGED in text for text in told)


def test_a_press_on_check_starts_a_probe(digits, wait_until):
    app = opened(SMALL)
    button(app, "Check these settings").click().run()

    assert not app.exception
    assert button(app, "Check these settings").disabled
    assert checks.look(checks.folder_of("check", SMALL)).state == "running"
    checks.forget(checks.folder_of("check", SMALL))
    wait_until(lambda: not processes(), seconds=10)
