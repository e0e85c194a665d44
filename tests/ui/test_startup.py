"""Startup of a server, in a fresh process."""

import subprocess
import sys

import pytest

from imgcls.errors import DatasetError
from imgcls.system import paths
from imgcls.ui.app import startup

VISITORS = """
import sys, threading
from imgcls.ui.app import startup
startup.LATE = startup.LATE[:3]  # the canvas can only be imported in a running app
start = threading.Barrier(8)
failed = []
def visit():
    start.wait()
    try:
        startup.load_late()
        import pandas, plotly.graph_objects
        pandas.Series([1]), plotly.graph_objects.Figure()
    except Exception as error:
        failed.append(error)
threads = [threading.Thread(target=visit) for _ in range(8)]
[thread.start() for thread in threads], [thread.join() for thread in threads]
startup.load_late()
assert not failed, failed
"""

READER = """
import sys, threading, time
from imgcls.ui.app import startup
startup.LATE, startup.SOON_SECONDS = ("pandas",), 0.3
startup.load_soon(), startup.load_soon()
assert sum(isinstance(thread, threading.Timer) for thread in threading.enumerate()) == 1
assert "pandas" not in sys.modules
end = time.monotonic() + 60
while "pandas" not in sys.modules:
    assert time.monotonic() < end
    time.sleep(0.05)
"""


ADVERT = """
import os, sys
from pathlib import Path
from streamlit import config
from streamlit.web import skills
from imgcls.ui.app import startup
Path(sys.argv[1], ".cursor").mkdir(parents=True)
os.environ["HOME"] = os.environ["USERPROFILE"] = sys.argv[1]
config.set_option("server.headless", False)
assert skills.nudge_suppression_reason(sys.argv[1]) == "", "on a desktop with a coding agent"
startup.advertise_nothing()
assert skills.nudge_suppression_reason(sys.argv[1])
"""


def fresh(code: str, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=paths.repository_folder(),
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_simultaneous_visitors_all_get_complete_modules():
    done = fresh(VISITORS)
    assert done.returncode == 0, done.stderr


def test_the_first_paint_does_not_wait_for_lazy_modules():
    names = "'pandas', 'ai_edge_litert', 'streamlit_drawable_canvas', 'sklearn'"
    done = fresh(
        f"import sys, app\nloaded = [name for name in ({names}) if name in sys.modules]\nassert not loaded, loaded"
    )
    assert done.returncode == 0, done.stderr


def test_modules_of_the_second_page_are_preloaded():
    done = fresh(READER)
    assert done.returncode == 0, done.stderr


def test_no_page_offers_to_install_something_for_coding_agents(tmp_path):
    done = fresh(ADVERT, str(tmp_path / "home"))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("error", [DatasetError("The cache is full."), PermissionError(13, "Permission denied")])
def test_a_default_dataset_that_cannot_be_prepared_is_logged_and_the_server_starts(error, monkeypatch, caplog):
    def fail(name):
        raise error

    for module, name in ((startup.jobs, "watch"), (startup.studies, "drive_all"), (startup.watcher, "watch")):
        monkeypatch.setattr(module, name, lambda: None)
    monkeypatch.setattr(startup.datasets, "start_fetch", fail)
    startup._begin_work()
    assert "could not be prepared at start-up" in caplog.text and str(error) in caplog.text
