"""`imgcls serve`: a small server in a separate process."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.request

import psutil
import pytest

from imgcls.cli import exit_codes
from imgcls.cli.main import main
from imgcls.system import paths
from imgcls.system.processes import child_environment

WITHOUT_HEAVY_PACKAGES = """
import sys
missing = "streamlit streamlit_drawable_canvas tensorflow keras sklearn pandas plotly pyarrow jinja2 pooch mlxtend"
for name in missing.split():  # what is not in requirements-serve.txt
    sys.modules[name] = None  # importing it fails, as if it were not installed
from imgcls.cli.main import main
sys.exit(main(sys.argv[1:]))
"""
LIMIT_MB = 300


class Served:
    """`imgcls serve` in a process where the heavy packages cannot be imported."""

    def __init__(self, *arguments: str, **variables: str):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-c", WITHOUT_HEAVY_PACKAGES, "serve", *arguments, "--port", str(self.port)],
            env=child_environment(variables),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self.process.stdout:
            self.lines.append(line.strip())

    def is_up(self) -> bool:
        assert self.process.poll() is None, self.lines
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def ask(self, path: str, body: dict | None = None, token: str = ""):
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, headers)
        with urllib.request.urlopen(request, timeout=60) as reply:
            return json.loads(reply.read())


@pytest.fixture
def serve():
    started = []

    def start(*arguments: str, **variables: str) -> Served:
        started.append(Served(*arguments, **variables))
        return started[-1]

    yield start
    for served in started:
        served.process.kill()
        served.process.wait(10)


DIGITS = str(paths.repository_folder() / "saved_models" / "digits")


def test_it_classifies_without_streamlit_and_tensorflow_and_logs_json(serve, wait_until):
    served = serve(DIGITS, "--json-logs")
    wait_until(served.is_up, seconds=60)
    (line,) = [line for line in served.lines if "valid until the server ends" in line]
    token = line.rpartition(" ")[2]
    answer = served.ask("/api/models/digits/predict", {"strokes": [[140, 50, 20, 140, 230, 20]]}, token)
    assert answer["images"][0]["prediction"] == "1"
    assert served.ask("/api/ready")["models"] == ["digits"]
    server = psutil.Process(served.process.pid)
    children = server.children()
    assert len(children) == min(os.cpu_count() or 1, 2)
    assert sum(process.memory_info().rss for process in (server, *children)) < LIMIT_MB * 1e6
    wait_until(lambda: any("/api/ready" in line for line in served.lines))
    logged = [json.loads(line) for line in served.lines if line.startswith("{")]
    assert [(entry["status"], entry["path"]) for entry in logged if "path" in entry] == [
        (200, "/api/models/digits/predict"),
        (200, "/api/ready"),
    ]
    assert not any(token in line for line in served.lines if line.startswith("{"))
    served.process.send_signal(signal.SIGINT)
    assert served.process.wait(20) == exit_codes.OK
    assert "Traceback" not in "\n".join(served.lines)
    assert psutil.wait_procs(children, 20)[1] == []


def test_its_processes_end_with_it_however_it_ends(serve, wait_until):
    served = serve(DIGITS, "--workers", "1")
    wait_until(served.is_up, seconds=60)
    children = psutil.Process(served.process.pid).children()
    assert len(children) == 1
    served.process.kill()
    assert psutil.wait_procs(children, 20)[1] == []


def test_a_weak_token_is_refused(capsys):
    assert main(["serve", "--token", "secret"]) == exit_codes.USAGE
    assert "at least 16" in capsys.readouterr().err


def test_an_invalid_variable_prints_one_error(capsys, monkeypatch):
    monkeypatch.setenv("IMGCLS_API_RATE", "fast")
    assert main(["serve"]) == exit_codes.USAGE
    assert capsys.readouterr().err == "IMGCLS_API_RATE is 'fast'. Expected a number above 0, such as 50.\n"


def test_an_unknown_run_and_a_used_port_print_one_error_each(capsys):
    assert main(["serve", "nothing"]) == exit_codes.NOT_FOUND
    assert "no run 'nothing'" in capsys.readouterr().err
    with socket.create_server(("127.0.0.1", 0)) as used:
        port = used.getsockname()[1]
        assert main(["serve", "--port", str(port)]) == exit_codes.IN_USE
    assert f"Port {port} is in use" in capsys.readouterr().err


def test_without_the_extra_packages_it_explains_how_to_install_them(capsys, monkeypatch):
    monkeypatch.setattr("imgcls.api.in_app.NEEDED", ("no_such_package",))
    assert main(["serve"]) == exit_codes.FAILED
    assert 'pip install "imgcls[serve]"' in capsys.readouterr().err
