"""The package as a user installs it: dependencies, the content of the wheel, and a copy outside the repository."""

import os
import re
import socket
import subprocess
import sys
import time
import tomllib
import urllib.request
import zipfile
from pathlib import Path

import pytest

import imgcls
from imgcls.system import paths

ROOT = paths.repository_folder()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


FIRST_TRAINING = ("train", "--data", "digits", "--model", "ann", "--units", "8", "--epochs", "1", "--id", "first")


def requirements(name: str) -> set[str]:
    lines = (ROOT / name).read_text("utf-8").splitlines()
    return {line for line in lines if line and not line.startswith(("#", "-r"))}


def without_tensorflow(lines: set[str]) -> set[str]:
    return {line for line in lines if not line.startswith("tensorflow")}


def test_the_requirements_match_the_package_dependencies():
    assert requirements("requirements.txt") == set(PROJECT["dependencies"])


def test_the_gpu_requirements_differ_only_in_tensorflow():
    gpu = requirements("requirements-gpu.txt")
    assert without_tensorflow(gpu) == without_tensorflow(set(PROJECT["dependencies"]))
    assert [line.split()[0] for line in gpu - without_tensorflow(gpu)] == ["tensorflow[and-cuda]"]


def test_every_dependency_has_an_upper_bound():
    assert [line for line in PROJECT["dependencies"] if " ~= " not in line] == []


def test_the_versions_agree():
    assert PROJECT["version"] == imgcls.__version__
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert re.search(r"^## \[?([0-9.]+)", changelog, re.MULTILINE)[1] == imgcls.__version__


@pytest.fixture(scope="session")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="session")
def installed(wheel, tmp_path_factory) -> Path:
    """The Python of a new environment with the wheel, which has this one's dependencies but not the repository."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    (packages,) = folder.glob("**/site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    others = [entry for entry in sys.path if Path(entry).name == "site-packages"]
    (packages / "others.pth").write_text("\n".join(others) + "\n")
    return next(path for path in (folder / "bin" / "python", folder / "Scripts" / "python.exe") if path.exists())


@pytest.fixture
def run_installed(installed, tmp_path):
    """`run_installed("train", ...)`: runs the installed command in another folder, with its own user folders."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("IMGCLS_", "PYTHON"))}
    environment |= {"HOME": str(tmp_path / "home"), "XDG_DATA_HOME": str(tmp_path / "data")}
    environment |= {"XDG_CACHE_HOME": str(tmp_path / "cache"), "LOCALAPPDATA": str(tmp_path / "data")}

    def start(*arguments: str) -> subprocess.Popen:
        return subprocess.Popen(
            [str(installed), "-m", "imgcls", *arguments],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    return start


def test_the_wheel_contains_everything_the_app_needs(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    package = {name for name in tracked if name.startswith("imgcls/")}
    app = {name for name in tracked if name.startswith(("pages/", "saved_models/", "app.py", ".streamlit/"))}
    assert len(package) > 200 and len(app) > 50
    assert names >= package | {f"imgcls/_app/{name}" for name in app}
    assert {"imgcls/py.typed", "imgcls/_app/.streamlit/config.toml"} <= names
    assert not [name for name in names if name.startswith(("tests", "benchmarks"))]


def test_the_wheel_contains_no_local_runs(wheel):
    runs = {Path(name).parts[3] for name in zipfile.ZipFile(wheel).namelist() if "/saved_models/" in name}
    assert runs == {"README.md", "digits", "fashion", "cifar10"}


def test_an_installed_copy_stores_its_runs_in_the_user_folder(run_installed, installed, tmp_path):
    assert run_installed("--version").communicate(timeout=60)[0].strip() == imgcls.__version__
    process = run_installed(
        *["train", "--data", "digits", "--model", "ann", "--units", "8", "--epochs", "1", "--id", "first"]
    )
    out, _ = process.communicate(timeout=240)
    assert process.returncode == 0, out
    (result,) = tmp_path.glob("**/first/result.json")
    assert str(installed.parent.parent) not in str(result)


def test_an_installed_copy_serves_the_app_and_lists_the_shipped_models(run_installed):
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
    process = run_installed("app", "--port", str(port), "--no-browser")
    try:
        _wait_for(f"http://127.0.0.1:{port}/_stcore/health", process)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/runs", timeout=30) as page:
            assert page.status == 200
    finally:
        process.terminate()
        process.communicate(timeout=30)


def _wait_for(address: str, process: subprocess.Popen, seconds: float = 120) -> None:
    began = time.monotonic()
    while True:
        assert process.poll() is None, process.communicate()[0]
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                assert answer.status == 200
                return
        except OSError:
            assert time.monotonic() - began < seconds
            time.sleep(0.2)
