"""A worker that is started through SSH, by an sshd of its own on loopback."""

import getpass
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from imgcls import jobs, runs
from imgcls.config import Config
from imgcls.jobs import waiting_list, worker_reports
from imgcls.system import paths
from tests.jobs.backends.scene import assert_trained_once
from tests.jobs.test_worker import WORKER

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(not (SSHD and shutil.which("ssh") and shutil.which("ssh-keygen")), reason="needs OpenSSH"),
]
SHARED = ("IMGCLS_RUNS", "IMGCLS_CACHE", "IMGCLS_OWN_DATA", "IMGCLS_IDLE_SECONDS")
"""What the guide sets on the other machine."""


@pytest.fixture
def ssh(tmp_path, wait_until):
    """The words of a command that runs another one on the "other machine", and the process of that machine."""
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / name)], check=True)
    shutil.copy(tmp_path / "user.pub", tmp_path / "authorized")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (tmp_path / "sshd").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {tmp_path}/host\nAuthorizedKeysFile {tmp_path}/authorized\n"
        f"PidFile none\nUsePAM no\nStrictModes no\nPasswordAuthentication no\n"
    )
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # root's sshd refuses to start without it
    server = psutil.Popen([SSHD, "-D", "-e", "-f", str(tmp_path / "sshd")], stderr=subprocess.DEVNULL)
    options = ("StrictHostKeyChecking=no", f"UserKnownHostsFile={tmp_path}/known", "LogLevel=ERROR", "BatchMode=yes")
    words = ["ssh", "-F", "none", "-i", str(tmp_path / "user"), "-p", str(port)]
    words += [word for option in options for word in ("-o", option)] + [f"{getpass.getuser()}@127.0.0.1"]
    try:
        wait_until(lambda: not subprocess.run([*words, "true"], capture_output=True, check=False).returncode)
        yield words, server
    finally:
        family = [*server.children(recursive=True), server]
        for process in family:
            process.kill()
        psutil.wait_procs(family, timeout=20)


def test_a_worker_started_through_ssh_trains_the_runs_of_the_app(ssh, digits, monkeypatch):
    monkeypatch.setattr(jobs, "wake", lambda: None)
    words, machine = ssh
    config = Config(data=digits, model="ann", epochs=2, early_stopping=False)
    run = runs.create(config, run_id="far-away", place=waiting_list.last_place())
    variables = {name: os.environ[name] for name in SHARED} | {"IMGCLS_NODE": "lab1", "IMGCLS_IDLE_SECONDS": "240"}
    exports = " ".join(f"{name}={shlex.quote(value)}" for name, value in variables.items())
    python = f"exec {sys.executable} -u -c {shlex.quote(WORKER)}"
    command = f"cd {shlex.quote(str(paths.repository_folder()))} && {exports} {python}"
    worker = subprocess.Popen([*words, command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    heard: list[str] = []
    while not heard or (heard[-1] and "waiting." not in heard[-1]):
        heard.append(worker.stdout.readline())  # a run that is finished is noticed in the next round
    for process in machine.children(recursive=True):
        if process.name().startswith("python"):
            process.send_signal(signal.SIGINT)  # Ctrl-C
    _, complaints = worker.communicate(timeout=60)
    assert complaints == "\nInterrupted.\n"
    assert heard[-1] == f"{run.label} ({run.id}): finished. 0 waiting.\n", heard
    assert_trained_once(run)
    assert run.job["node"] == "lab1"
    assert not run.is_local
    assert worker_reports.all_workers() == []


def test_the_commands_of_the_guide_start_a_worker_and_return(ssh, own_folders, tmp_path, monkeypatch, wait_until):
    """Word for word, but for the names of machines and folders."""
    words, _ = ssh
    guide = (paths.repository_folder() / "docs" / "how-to" / "more-machines.md").read_text("utf-8")
    (block,) = (block for block in guide.split("```") if "ssh $host" in block)
    shared = tmp_path / "shared"
    (shared / "imgcls-env" / "bin").mkdir(parents=True)
    for path, command in {
        shared / "imgcls-env" / "bin" / "imgcls": [sys.executable, "-m", "imgcls"],
        tmp_path / "bin" / "ssh": [str(shutil.which("ssh")), *words[1:-1]],
    }.items():
        path.parent.mkdir(exist_ok=True)
        variables = f"PYTHONPATH={shlex.quote(str(paths.repository_folder()))} IMGCLS_NODE=lab1 "
        path.write_text(f'#!/bin/sh\n{variables}exec {shlex.join(command)} "$@"\n')
        path.chmod(0o755)
    block = block.replace("lab1 lab2", words[-1]).replace("/shared", str(shared))
    done = subprocess.run(
        ["bash", "-euc", block],
        env={**os.environ, "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), "ssh has returned, and the worker goes on"
    monkeypatch.setenv("IMGCLS_RUNS", str(shared / "runs"))
    wait_until(lambda: [state.node for state in worker_reports.all_workers()] == ["lab1"], seconds=120)
    ours = [process for process in psutil.process_iter() if str(shared) in " ".join(_words_of(process))]
    assert ours
    for process in ours:
        process.terminate()  # as pkill does, which would also end the workers of others
    psutil.wait_procs(ours, timeout=60)
    assert "takes runs from" in next(shared.glob("worker-*.log")).read_text()


def _words_of(process: psutil.Process) -> list[str]:
    try:
        return [*process.cmdline(), process.environ().get("IMGCLS_RUNS", "")]
    except psutil.Error:
        return []
