"""The browser, the servers, and the rules of every test: no page errors, no dialogs, no outside requests."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import filelock
import pytest
from playwright.sync_api import Page, expect, sync_playwright

from imgcls.jobs.backends.local import LocalBackend
from imgcls.runs.run import Run
from tests.browser.support.server import FLAGS, REPOSITORY, Server, environment, find_browser
from tests.browser.support.steps import SLOW
from tests.browser.support.tabs import Tabs

HERE = Path(__file__).parent
SECONDS = 600
HOW_TO_GET = (
    "The browser tests were left out, as there is no Chromium or Chrome: install one "
    "(Debian: apt-get install chromium), or run `playwright install chromium`."
)


def pytest_configure(config):
    config.addinivalue_line("markers", "browser: needs Chromium or Chrome")


def pytest_collection_modifyitems(items):
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


def pytest_runtest_setup():
    """Skipping here instead of in a fixture folds all skips into one line of the report."""
    if find_browser() is None:
        if os.environ.get("IMGCLS_BROWSER") == "required":
            pytest.fail(HOW_TO_GET, pytrace=False)
        pytest.skip(HOW_TO_GET)


@pytest.fixture(scope="package")
def chromium():
    """One browser for all tests."""
    expect.set_options(timeout=SLOW)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def tabs(chromium) -> Tabs:
    return Tabs(chromium)


@pytest.fixture(scope="package")
def prepared(tmp_path_factory) -> Path:
    """A folder with a cache and runs, which all workers share: a dataset and a real run, from a shell."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "browser"
    runs, cache = folder / "runs", folder / "cache"
    with filelock.FileLock(folder.with_suffix(".lock")):
        if not (runs / "sample" / "result.json").exists():
            _run("imgcls.datasets", "mnist_sample", runs=runs, cache=cache)
            sample = ("--data", "mnist_sample", "--model", "cnn", "--epochs", "4", "--id", "sample")
            _run("imgcls.training", *sample, "--name", "A sample", runs=runs, cache=cache)
    return folder


@pytest.fixture(scope="package")
def cache(prepared, tmp_path_factory) -> Path:
    """A cache in which mnist_sample is ready."""
    return Path(shutil.copytree(prepared / "cache", tmp_path_factory.mktemp("browser") / "cache"))


@pytest.fixture(scope="package")
def sample_run(prepared) -> Path:
    """The folder of the real run; do not modify it."""
    return prepared / "runs" / "sample"


def shipped_runs() -> list[Path]:
    """The shipped models that exist."""
    folders = (REPOSITORY / "saved_models" / name for name in ("digits", "fashion", "cifar10"))
    return [folder for folder in folders if (folder / "result.json").exists()]


def _run(module: str, *arguments: str, runs: Path, cache: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=REPOSITORY,
        env=environment(runs, cache),
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="package")
def make_server(cache, tmp_path_factory) -> Iterator[Callable[..., Server]]:
    """Creates servers that are not started yet and have no runs; environment settings are given by name."""
    servers = []

    def make(**settings: str) -> Server:
        servers.append(Server(tmp_path_factory.mktemp("server"), cache, **settings))
        return servers[-1]

    yield make
    for server in servers:
        server.close()


@pytest.fixture(scope="package")
def server(make_server, sample_run) -> Server:
    """The server shared by most tests, with the sample run and the shipped runs."""
    server = make_server()
    for run in (sample_run, *shipped_runs()):
        server.add(run)
    return server.start()


@pytest.fixture(scope="package")
def school(make_server) -> Server:
    """A server in classroom mode with the model of digits, where each test opens its own class."""
    server = make_server(
        IMGCLS_MODE="classroom", PYTHONUNBUFFERED="1", IMGCLS_STANDBY="off", STREAMLIT_SERVER_ADDRESS="0.0.0.0"
    )
    server.add(REPOSITORY / "saved_models" / "digits")
    return server.start()


@pytest.fixture
def tidied_server(server) -> Iterator[Server]:
    """The shared server; trainings, runs and datasets that the test leaves are removed after it.

    A server of its own would cost the test 15 s of processor time: imports, a standby trainer, scripts to compile.
    """
    own = server.runs.with_name("own")
    runs, datasets = server.run_ids(), set(own.glob("*"))
    yield server
    for run in (Run(server.runs / run_id) for run_id in server.run_ids() - runs):
        LocalBackend().stop(run)
        run.delete()  # a trainer that has yet to begin ends by itself
    for folder in set(own.glob("*")) - datasets:
        shutil.rmtree(folder) if folder.is_dir() else folder.unlink()


class Visits:
    """Opens pages, each in its own browser profile, and records forbidden events."""

    def __init__(self, tabs: Tabs):
        self._tabs = tabs
        self._logs: dict[Server, int] = {}
        self._open: dict[Page, dict[str, Callable]] = {}
        self.errors: list[str] = []
        self.dialogs: list[str] = []
        self.outside: list[str] = []
        self.requests: list[str] = []

    def __call__(self, server: Server, address: str = "/", **options):
        """A page that is loading this address; `options` as for a Playwright context, or `init_script`."""
        self._logs.setdefault(server, len(server.log()))
        page = self._tabs.take(**({"viewport": {"width": 1280, "height": 1000}} | options))
        self._open[page] = {
            "request": lambda request: self._look_at(request.url),
            "pageerror": lambda error: self.errors.append(str(error)),
            "dialog": self._dismiss,
            "websocket": lambda socket: self._look_at(socket.url),
        }
        for event, listener in self._open[page].items():
            (page.context if event == "request" else page).on(event, listener)
        page.goto(server.url + address)
        return page

    def leave(self, page: Page) -> None:
        """Ends this visit before the test ends: the next visit is cheaper, as it uses the same tab."""
        self._tabs.give_back(page)
        for event, listener in self._open.pop(page).items():
            (page.context if event == "request" else page).remove_listener(event, listener)

    def _look_at(self, url: str) -> None:
        parts = urlsplit(url)
        self.requests.append(url)
        if parts.scheme not in ("data", "blob") and parts.hostname != "127.0.0.1":
            self.outside.append(url)

    def _dismiss(self, dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    @property
    def servers(self) -> list[Server]:
        return list(self._logs)

    def logs_since_visit(self) -> str:
        """The logs of the visited servers since the first visit."""
        return "\n".join(server.log()[start:] for server, start in self._logs.items())

    def images(self, folder: Path) -> Iterator[Path]:
        for number, page in enumerate(page for visit in self._open for page in visit.context.pages):
            path = folder / f"page-{number}.png"
            page.screenshot(path=path, timeout=10_000)
            yield path

    def close(self, *, failed: bool = False) -> None:
        for page in list(self._open):
            if failed:
                self._tabs.close(page)
            else:
                self.leave(page)


@pytest.fixture
def visit(tabs, request, tmp_path) -> Iterator[Visits]:
    """`visit(server, "/train")` opens a page. Fails at the end if a forbidden event was recorded."""
    visits = Visits(tabs)
    yield visits
    failed = request.node.stash.get(FAILED, False)
    if failed:
        print("".join(f"Seen at the end: {path}\n" for path in visits.images(tmp_path)))
        print("Log of the server:\n" + visits.logs_since_visit()[-6000:])
        for server in visits.servers:
            server.stop_trainings()
    visits.close(failed=failed)
    assert visits.errors == []
    assert visits.dialogs == []
    assert visits.outside == []
    assert "Traceback" not in visits.logs_since_visit(), visits.logs_since_visit()


FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report
