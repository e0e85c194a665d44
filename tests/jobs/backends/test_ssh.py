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


def test_a_worker_started_through_ssh_trains_the_runs_of_the_app(ssh, digits, monkeypatch, wait_until):
    monkeypatch.setattr(jobs, "wake", lambda: None)
    words, machine = ssh
    config = Config(data=digits, model="ann", epochs=2, early_stopping=False)
    run = runs.create(config, run_id="far-away", place=waiting_list.last_place())
    variables = {name: os.environ[name] for name in SHARED} | {"IMGCLS_NODE": "lab1", "IMGCLS_IDLE_SECONDS": "240"}
    exports = " ".join(f"{name}={shlex.quote(value)}" for name, value in variables.items())
    python = f"exec {sys.executable} -u -c {shlex.quote(WORKER)}"
    command = f"cd {shlex.quote(str(paths.repository_folder()))} && {exports} {python}"
    worker = subprocess.Popen([*words, command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_until(lambda: run.state == "finished" or worker.poll() is not None, seconds=240)
    wait_until(lambda: worker_reports.all_workers()[0].busy == 0)  # it has noticed
    for process in machine.children(recursive=True):
        if process.name().startswith("python"):
            process.send_signal(signal.SIGINT)  # Ctrl-C
    printed, complaints = worker.communicate(timeout=60)
    assert complaints == "\nInterrupted.\n"
    assert f"{run.label} ({run.id}): finished. 0 waiting." in printed
    assert_trained_once(run)
    assert run.job["node"] == "lab1"
    assert not run.is_local
    assert worker_reports.all_workers() == []
