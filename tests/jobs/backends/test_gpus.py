"""Several training runs on one machine: one GPU each, from a list that a stand-in for nvidia-smi gives."""

import pytest

from imgcls import jobs, runs
from imgcls.config import Config
from imgcls.jobs import waiting_list
from imgcls.jobs.backends import _gpus, local
from imgcls.jobs.backends.local import LocalBackend
from imgcls.runs import Run
from imgcls.system import hardware


@pytest.fixture
def two_gpus(tmp_path, monkeypatch):
    command = tmp_path / "nvidia-smi"
    command.write_text(
        "#!/bin/sh\necho 'GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-5c1)'\necho 'GPU 1: NVIDIA T4 (UUID: GPU-77a)'\n"
    )
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    hardware._installed_gpus.cache_clear()
    yield
    hardware._installed_gpus.cache_clear()


def claimed(name: str) -> Run:
    run = runs.create(Config(), run_id=name, place=waiting_list.last_place())
    assert jobs.claim(run, waiting_list.ticket(run))
    return run


def test_gpus_are_listed_as_far_as_they_may_be_used(two_gpus, monkeypatch):
    assert hardware.gpus() == {"0": "NVIDIA A100-SXM4-40GB", "1": "NVIDIA T4"}
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    assert hardware.gpus() == {"1": "NVIDIA T4"}
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert hardware.gpus() == {}


def test_each_run_gets_a_gpu_of_its_own_and_records_it(two_gpus, hold_trainer_lock):
    found = [claimed(f"run-{number}") for number in range(3)]
    given = []
    for run in found:
        given.append(_gpus.assign(run))
        hold_trainer_lock(run)
    assert given == [{"CUDA_VISIBLE_DEVICES": "0"}, {"CUDA_VISIBLE_DEVICES": "1"}, {"CUDA_VISIBLE_DEVICES": ""}]
    assert [run.job["device"] for run in found] == ["NVIDIA A100-SXM4-40GB", "NVIDIA T4", "CPU"]
    (found[0].folder / "result.json").write_text('{"version": 1, "outcome": "finished"}')
    assert _gpus.assign(claimed("next-run")) == {"CUDA_VISIBLE_DEVICES": "0"}


def test_without_gpus_nothing_is_set(own_folders, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    run = claimed("first")
    assert _gpus.assign(run) == {}
    assert "device" not in run.job


def test_no_standby_trainer_takes_a_gpu(two_gpus, monkeypatch):
    monkeypatch.setattr(local.processes, "spawn", lambda *words, **more: pytest.fail("it would take a GPU"))
    LocalBackend().warm_up()


def test_a_second_training_needs_memory(monkeypatch):
    monkeypatch.setenv("IMGCLS_TRAININGS", "4")
    monkeypatch.setattr(hardware, "free_memory", lambda: 8e9)
    assert LocalBackend().capacity() == 4
    monkeypatch.setattr(hardware, "free_memory", lambda: 1e9)
    assert LocalBackend().capacity() == 1
