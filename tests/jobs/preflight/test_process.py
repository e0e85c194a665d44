"""The process of a check: started once, killed, cancelled, out of time, disk or memory."""

import json
import subprocess
import sys
import threading

import pytest

from imgcls.config import Config
from imgcls.jobs.preflight import checks
from imgcls.system import paths
from imgcls.system.tasks import task as tasks
from tests.support.runs.preflight_checks import FOUND, SMALL, processes, state_of, store_check

pytestmark = pytest.mark.timeout(300)


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

    wait_until(lambda: state_of("rates", SMALL).state == "failed")
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
        wait_until(lambda: state_of("check", SMALL).text == tasks.STUCK)
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
