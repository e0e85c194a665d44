"""Pre-flight checks: what they measure and report, and what happens when they are killed or run out of memory."""

import json
import math
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from streamlit.testing.v1 import AppTest

from imgcls import datasets
from imgcls.config import Config
from imgcls.errors import DatasetError, ProbeError
from imgcls.jobs.preflight import checks, lr_finder, verdicts
from imgcls.system import paths, tasks
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
    """A typical curve: flat and noisy, falling around 0.003, unstable above 0.3."""
    x = np.log10(RISING)
    losses = 2.3 - 1.9 / (1 + np.exp(-4 * (x + 2.5))) + np.exp(np.minimum(6 * (x + 0.3), 30))
    return losses + np.random.default_rng(seed).normal(0, 0.05, len(x))


def store_check(kind: str, config: Config, found: dict, *, failure: str | None = None) -> Path:
    """Stores a check as its process would; returns its folder."""
    task = checks.task_of(kind, config)
    task.folder.mkdir(parents=True)
    name = "result.json" if failure is None else "found.json"
    (task.folder / name).write_text(json.dumps({"version": checks.VERSION, "found": found}))
    if failure is not None:
        task.write_progress("failed", 0.0, failure)
    return task.folder


def state_of(kind: str, config: Config) -> tasks.TaskState:
    return checks.read(checks.task_of(kind, config))[0]


def found_in(folder: Path) -> checks.Findings:
    return checks.read(checks.task_in(folder))[1]


def processes() -> list[psutil.Process]:
    """The running check processes of this test."""
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
def kill_remaining_processes(own_folders):
    yield
    for process in processes():
        process.kill()


def level_of(name: str, config: Config = SMALL, **found) -> str:
    facts = datasets.facts(config.data)
    return next(light for light in verdicts.judge(config, facts, FOUND | found) if light.name == name).level


# ---- what is measured


@pytest.fixture
def checked(keras, tmp_path, digits, monkeypatch):
    """`checked(config)` runs the check in this process, even on a busy machine, and returns what a page reads."""
    from imgcls.training.preflight import checks as measure
    from imgcls.training.preflight.report import Report

    monkeypatch.setattr(measure, "ONE_BATCH_SECONDS", (100.0, 100.0))
    monkeypatch.setattr(measure.OtherProcesses, "fraction", lambda self: 0.0)

    def check(config):
        folder = tmp_path / f"check-{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        report = Report(folder)
        measure.check(config, report)
        report.finish()
        return found_in(folder)

    return check


def test_the_check_returns_every_result(checked):
    found = checked(SMALL)

    lights = {light.name: light for light in verdicts.judge(SMALL, datasets.facts("digits"), found)}
    assert list(lights) == ["Time", "Memory", "First loss", "One batch", "Classes", "Input"]
    assert {name for name, light in lights.items() if light.level != "good"} <= {"Time"}  # the machine may be busy
    assert sum(found["counts"]) == 1221
    assert found["steps_per_epoch"] == math.ceil(1221 / 32)
    assert found["epoch_seconds"] > found["judging_seconds"] > 0
    assert found["memory"] > 1e8
    assert (found["low"], found["high"]) == (0.0, 1.0)


def test_a_learning_rate_far_too_high_is_distinguished_from_a_network_that_cannot_learn(checked):
    config = SMALL.changed(optimizer="sgd", learning_rate=1e6)
    found = checked(config)

    light = next(
        light for light in verdicts.judge(config, datasets.facts("digits"), found) if light.name == "One batch"
    )
    assert light.level == "bad"
    assert "Adam with a learning rate of 0.001 can" in light.sentence
    assert "nan" not in light.sentence


def test_dropout_is_off_while_one_batch_is_overfitted(checked):
    found = checked(SMALL.changed(model_settings={"units": 32, "dropout": 0.8}))

    assert found["batch_last"] < verdicts.LEARNT_FRACTION * found["batch_first"]


def test_a_machine_too_slow_to_overfit_one_batch_is_not_blamed_on_the_network(checked, monkeypatch):
    from imgcls.training.preflight import checks as measure

    results = iter([(2.3, 2.3, 0.1, 80), (2.3, 1.2, 0.5, 80)])
    monkeypatch.setattr(measure, "_overfit", lambda *arguments: next(results))
    assert checked(SMALL)["usual_learns"] is True  # with Adam the loss was still falling when the time ran out

    results = iter([(2.3, 1.2, 0.5, 80)])
    assert "usual_learns" not in checked(SMALL)  # nothing to explain


@pytest.mark.parametrize(
    ("steps", "last", "expected"),
    [(20, 2.2, True), (20, 2.4, False), (100, 1.0, True), (100, 2.0, False), (400, 1.0, False)],
)
def test_running_out_of_time_is_distinguished_from_failing_to_learn(steps, last, expected):
    assert verdicts.ran_out_of_time(2.4, last, steps) is expected
    found = FOUND | {"batch_last": last, "batch_steps": steps, "batch_accuracy": 0.5}
    light = next(one for one in verdicts.judge(SMALL, datasets.facts("digits"), found) if one.name == "One batch")
    assert light.sentence.startswith("There was only time for") is expected


@pytest.mark.parametrize("busy", [{"others": 0.9}, {"training": True}])
@pytest.mark.parametrize(("steps", "last"), [(3, 2.4), (40, 2.5), (399, 2.4)])
def test_the_network_is_never_blamed_for_a_busy_machine(busy, steps, last):
    found = FOUND | busy | {"batch_last": last, "batch_steps": steps, "batch_accuracy": 0.1}
    light = next(one for one in verdicts.judge(SMALL, datasets.facts("digits"), found) if one.name == "One batch")
    assert light.level == "check"
    assert "The machine is busy, so this says nothing about the network" in light.sentence
    assert verdicts.ran_out_of_time(2.4, last, steps, is_busy=True)


@pytest.mark.parametrize(("steps", "last"), [(400, 2.4), (5, math.nan)])
def test_a_network_that_fails_all_its_steps_is_blamed_even_on_a_busy_machine(steps, last):
    assert not verdicts.ran_out_of_time(2.4, last, steps, is_busy=True)


def test_on_a_busy_machine_the_check_does_not_blame_the_settings(checked, monkeypatch):
    from imgcls.training.preflight import checks as measure

    monkeypatch.setattr(measure.OtherProcesses, "fraction", lambda self: 0.8)
    results = iter([(2.3, 2.3, 0.1, 4)])
    monkeypatch.setattr(measure, "_overfit", lambda *arguments: next(results))
    found = checked(SMALL)
    assert found["others"] == 0.8
    assert "usual_learns" not in found


def test_the_finder_suggests_a_rate_that_learns(keras, tmp_path, digits):
    from imgcls.training.preflight import lr_finder as finder
    from imgcls.training.preflight.report import Report

    folder = tmp_path / "rates-0"
    folder.mkdir()
    report = Report(folder)
    finder.find(SMALL, report)
    report.finish()

    found = found_in(folder)
    assert 60 < len(found["rates"]) <= finder.STEPS
    assert 1e-3 <= lr_finder.suggestion(found["rates"], found["losses"]) <= 0.1


# ---- the process


def test_clicks_in_several_tabs_start_one_process_with_one_result(digits, wait_until):
    clicks = [threading.Thread(target=checks.start, args=("check", SMALL)) for _ in range(5)]
    for click in clicks:
        click.start()
    for click in clicks:
        click.join()
    checks.start("check", SMALL.changed(epochs=99))

    wait_until(lambda: "Loading" in state_of("check", SMALL).text, seconds=60)
    assert len(processes()) == 1
    assert state_of("check", SMALL).state == "running"
    wait_until(lambda: state_of("check", SMALL).state != "running", seconds=120)
    state, found = checks.read(checks.task_of("check", SMALL))
    assert (state.state, state.text) == ("ready", "")
    assert set(FOUND) <= set(found)
    assert [path for path in checks.all_folder().iterdir() if path.is_dir()] == [checks.task_of("check", SMALL).folder]


def test_a_check_can_be_repeated(digits):
    folder = store_check("check", SMALL, {"memory": 1.0})
    assert state_of("check", SMALL).state == "ready"
    checks.start("check", SMALL)
    assert state_of("check", SMALL).state == "running"
    assert not (folder / "result.json").exists()


def test_a_killed_check_shows_one_error_and_can_be_restarted(digits, wait_until):
    checks.start("rates", SMALL)
    wait_until(lambda: "Loading" in state_of("rates", SMALL).text, seconds=60)
    processes()[0].kill()

    wait_until(lambda: state_of("rates", SMALL).state == "failed", seconds=5)
    assert state_of("rates", SMALL).text == tasks.INTERRUPTED
    checks.start("rates", SMALL)
    assert state_of("rates", SMALL).state == "running"
    wait_until(lambda: len(processes()) == 1, seconds=60)


def test_a_suspended_check_is_reported_and_replaced(digits, wait_until, monkeypatch):
    checks.start("check", SMALL)
    wait_until(lambda: "Loading" in state_of("check", SMALL).text, seconds=60)
    suspended = processes()[0]
    suspended.suspend()
    with monkeypatch.context() as patch:
        patch.setattr(tasks, "STUCK_SECONDS", 0.5)
        wait_until(lambda: state_of("check", SMALL).text == tasks.STUCK, seconds=10)
    checks.discard(checks.task_of("check", SMALL))
    assert not suspended.is_running()
    assert not checks.task_of("check", SMALL).folder.exists()


def started(before: str, config: Config = SMALL) -> subprocess.Popen:
    """A check process that is not a child of this server and runs `before` first."""
    folder = checks.task_of("check", config).folder
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(config.as_dict()))
    code = f"from imgcls.training.preflight import process\n{before}\nimport sys; sys.exit(process.main(sys.argv[1:]))"
    return subprocess.Popen(
        [sys.executable, "-c", code, "check", folder], cwd=paths.repository_folder(), stdout=subprocess.DEVNULL
    )


def test_a_check_cancelled_from_another_server_ends_itself(digits, wait_until):
    process = started("")
    wait_until(lambda: "Loading" in state_of("check", SMALL).text, seconds=60)
    checks.discard(checks.task_of("check", SMALL))

    assert process.wait(20) == tasks.CANCELLED_STATUS
    assert state_of("check", SMALL).state == "idle"


def test_a_full_disk_leaves_an_error_message(digits):
    process = started("import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n" + LONG_FINDINGS)

    assert process.wait(120) == 1
    state = state_of("check", SMALL)
    assert state.state == "failed"
    assert "could not be written" in state.text
    assert "Free some space" in state.text


LONG_FINDINGS = """
from imgcls.training.preflight import report
real = report.Report._write
report.Report._write = lambda self, name: (self._found.update(losses=[0.123456789] * 900), real(self, name))
"""


@pytest.mark.parametrize(
    ("others", "sentence"),
    [
        (0.0, "Ended after 0 s, because the training steps of this network"),
        (0.8, "Ended after 0 s, because the machine is busy: other programs were using 80% of the CPU."),
    ],
)
def test_a_check_that_takes_too_long_is_stopped_with_a_reason(digits, others, sentence):
    process = started(
        f"import time; process.OtherProcesses.fraction = lambda self: {others}; "
        "process.LIMIT_SECONDS['check'] = 0.1; process._measure = lambda *_: time.sleep(60)"
    )

    assert process.wait(60) == 4
    assert state_of("check", SMALL).text.startswith(sentence)


def test_too_little_memory_gives_a_clear_error(digits):
    process = started("def refuse(*_):\n    raise MemoryError\nprocess._measure = refuse")

    assert process.wait(60) == 1
    assert state_of("check", SMALL).text.startswith("These settings need more memory than the machine has.")


def test_a_check_of_invalid_settings_gives_the_reason(digits, wait_until):
    config = SMALL.changed(model="cnn", model_settings={"blocks": 4})
    checks.start("check", config)
    wait_until(lambda: state_of("check", config).state != "running", seconds=120)

    assert state_of("check", config).state == "failed"
    assert "Use fewer blocks" in state_of("check", config).text


# ---- folders


def test_only_relevant_settings_change_the_result_folder(digits):
    check, finder = checks.task_of("check", SMALL), checks.task_of("rates", SMALL)

    assert check != finder
    assert checks.task_of("check", SMALL.changed(epochs=3, patience=1, schedule="cosine")) == check
    assert checks.task_of("check", SMALL.changed(learning_rate=0.5)) != check
    assert checks.task_of("rates", SMALL.changed(learning_rate=0.5)) == finder
    assert checks.task_of("rates", SMALL.changed(batch_size=16)) != finder


def test_an_unprepared_dataset_gives_an_error_that_says_how_to_get_it():
    with pytest.raises(DatasetError, match="not prepared yet"):
        checks.start("check", SMALL)


def test_an_unwritable_cache_gives_a_clear_error(digits):
    checks.all_folder().write_text("a file where a folder should be")

    with pytest.raises(ProbeError, match="IMGCLS_CACHE"):
        checks.start("check", SMALL)
    assert processes() == []


STRANGE = (
    "",
    "[]",
    '{"found": {',
    "null",
    '{"version": 2}',
    '{"version": 99, "found": {}}',
    "[" * 100_000,
    "\udcff".encode("utf-8", "surrogateescape"),
)


@pytest.mark.parametrize("content", STRANGE, ids=range(len(STRANGE)))
def test_a_damaged_result_gives_a_clear_error(content, digits):
    folder = store_check("check", SMALL, {})
    (folder / "result.json").write_bytes(content if isinstance(content, bytes) else content.encode())

    state, found = checks.read(checks.task_of("check", SMALL))
    assert state in (tasks.TaskState("failed", text=checks.DAMAGED), tasks.TaskState("failed", text=checks.NEWER))
    assert not found


@pytest.mark.parametrize("value", ["x", [1], None, True, {}, 1e300, -1e14, [None] * 10, [1e9] * 2000, 10**400, "NaN"])
def test_a_result_with_unexpected_values_never_breaks_the_indicators(value, digits):
    folder = store_check("check", SMALL, {})
    for name in FOUND:
        (folder / "result.json").write_text(json.dumps({"version": checks.VERSION, "found": FOUND | {name: value}}))
        for light in verdicts.judge(SMALL, datasets.facts("digits"), found_in(folder)):
            assert light.level in ("good", "check", "bad")
            assert "nan" not in light.sentence


def test_old_checks_are_removed(digits, monkeypatch):
    monkeypatch.setattr(checks, "MAX_FOLDERS", 3)
    for number in range(5):
        folder = store_check("check", SMALL.changed(seed=number), {})
        os.utime(folder, (time.time() - 100 + number,) * 2)
    monkeypatch.setattr(tasks.processes, "spawn", lambda *command, **streams: subprocess.Popen(["true"]))
    checks.start("rates", SMALL)

    left = {folder.name for folder in checks.all_folder().glob("check-*")}
    assert left == {checks.task_of("check", SMALL.changed(seed=number)).folder.name for number in (2, 3, 4)}


# ---- verdicts


def test_the_suggested_rate_is_where_the_loss_falls_fastest():
    for seed in range(10):
        assert 1e-3 <= lr_finder.suggestion(RISING, finder_losses(seed)) <= 1e-2


def test_a_noisy_start_is_not_suggested():
    losses = finder_losses()
    losses[:12] += np.linspace(2.0, 0.0, 12)  # the first batches were difficult

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
        ("Time", {"training": True}, "check"),
        ("Time", {"others": 0.6}, "check"),
        ("Time", {"epoch_seconds": 3600.0}, "check"),
        ("Time", {"epoch_seconds": 36000.0}, "bad"),
        ("Time", {"epoch_seconds": 1e14}, "bad"),
        ("Memory", {}, "good"),
        ("Memory", {"memory": 6e9}, "check"),
        ("Memory", {"memory": 9e9}, "bad"),
        ("First loss", {}, "good"),
        ("First loss", {"first_loss": 4.0}, "check"),
        ("First loss", {"first_loss": 40.0}, "bad"),
        ("First loss", {"first_loss": 0.1}, "bad"),
        ("First loss", {"first_loss": None}, "bad"),
        ("One batch", {}, "good"),
        ("One batch", {"batch_last": 1.0, "batch_steps": 400, "usual_learns": False}, "check"),
        ("One batch", {"batch_last": 2.4, "usual_learns": True}, "bad"),
        ("One batch", {"batch_last": None, "usual_learns": False}, "bad"),
        ("One batch", {"batch_last": 1.0, "batch_steps": 20}, "check"),
        ("Classes", {}, "good"),
        ("Classes", {"counts": [120] * 9 + [40]}, "check"),
        ("Classes", {"counts": [5] * 10}, "check"),
        ("Classes", {"counts": [120] * 9 + [10]}, "bad"),
        ("Classes", {"counts": [120] * 9 + [0]}, "bad"),
        ("Input", {}, "good"),
        ("Input", {"deviation": 0.02, "mean": 0.99}, "check"),
        ("Input", {"high": 255.0, "mean": 33.0, "deviation": 78.0}, "bad"),
        ("Input", {"mean": None}, "bad"),
    ],
)
def test_an_indicator_shows_the_finding(name, found, level):
    assert level_of(name, **found) == level


# ---- the page


def opened(config: Config, *, unfolded: bool = True) -> AppTest:
    from imgcls.ui.train import settings_form

    app = prepared("train", **settings_form.query_of(settings_form.form_of(config)))
    app.session_state["probes"] = unfolded
    return app.run()


def button(app: AppTest, label: str):
    return next(found for found in app.button if found.label == label)


def test_a_closed_section_computes_nothing(digits, monkeypatch):
    monkeypatch.setattr(checks, "task_of", None)

    app = opened(SMALL, unfolded=False)
    assert not app.exception
    assert "Check these settings" not in [found.label for found in app.button]


def test_the_page_shows_the_indicators_and_copies_the_suggestion_into_the_form(digits):
    store_check("check", SMALL, FOUND)
    store_check("rates", SMALL, {"rates": RISING.tolist(), "losses": finder_losses().tolist()})
    suggested = lr_finder.suggestion(RISING, finder_losses())
    app = opened(SMALL)

    text = "\n".join(element.value for element in app.markdown)
    assert text.count("check_circle: Good") == 6
    button(app, f"Use {suggested:g}").click().run()
    assert not app.exception
    assert app.number_input(key="learning_rate").value == suggested
    assert button(app, f"{suggested:g} applied").disabled
    assert "Check these settings" in [found.label for found in app.button]  # the check used another rate


@pytest.mark.parametrize("message", ["", "It broke <b>here</b>."])
def test_the_page_explains_why_a_check_has_no_result(message, digits):
    store_check("check", SMALL, {}, failure=message)
    (store_check("rates", SMALL, {}) / "result.json").write_text("{")
    app = opened(SMALL)

    assert not app.exception
    warnings = [warning.value.replace("\\", "") for warning in app.warning]
    assert any("The check has no result" in text for text in warnings)
    assert any("The learning-rate finder has no result" in text and checks.DAMAGED in text for text in warnings)


def test_clicking_check_starts_a_preflight_check(digits, wait_until):
    app = opened(SMALL)
    button(app, "Check these settings").click().run()

    assert not app.exception
    assert button(app, "Check these settings").disabled
    assert state_of("check", SMALL).state == "running"
    checks.discard(checks.task_of("check", SMALL))
    wait_until(lambda: not processes(), seconds=10)
