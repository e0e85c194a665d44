"""The metrics log: strict JSON, flushed line by line, complete lines even after an incomplete one."""

from imgcls.system import hardware
from imgcls.training.process import metrics_writer
from imgcls.training.process.metrics_writer import MetricsWriter


def test_the_log_is_strict_json_and_keeps_small_numbers(tmp_path, strict_lines):
    sent = []
    metrics = MetricsWriter(tmp_path / "metrics.jsonl", sent.append)
    metrics.phase("training")
    metrics.plan(train=3)
    metrics.batch(epoch=0.5, loss=float("nan"), rate=float("inf"))
    metrics.epoch(epoch=1, learning_rate=5e-9, val_loss=1.23456789, best=True)
    assert strict_lines(tmp_path / "metrics.jsonl") == sent  # flushed line by line, before it is closed
    assert sent == [
        {"kind": "phase", "phase": "training"},
        {"kind": "plan", "train": 3},
        {"kind": "batch", "epoch": 0.5, "loss": None, "rate": None},
        {"kind": "epoch", "epoch": 1, "learning_rate": 5e-9, "val_loss": 1.234568, "best": True},
    ]
    metrics.close()


def test_every_batch_line_has_memory_and_cpu_use(tmp_path, strict_lines):
    metrics = MetricsWriter(tmp_path / "metrics.jsonl", usage=lambda: {"memory": 512.0, "processor": 99.5})
    metrics.batch(epoch=0.5, loss=1.0)
    metrics.epoch(epoch=1)
    metrics.close()
    first, second = strict_lines(tmp_path / "metrics.jsonl")
    assert first == {"kind": "batch", "epoch": 0.5, "loss": 1.0, "memory": 512.0, "processor": 99.5}
    assert second == {"kind": "epoch", "epoch": 1}


def test_the_load_of_the_gpu_is_recorded_as_long_as_it_is_known(tmp_path, monkeypatch, wait_until):
    """By a stand-in for nvidia-smi; without a GPU nothing is asked."""
    command = tmp_path / "nvidia-smi"
    command.write_text(
        "#!/bin/sh\ncase $1 in -L) echo 'GPU 0: NVIDIA T4 (UUID: GPU-77a)';; "
        f"*) [ -e {tmp_path}/gone ] && echo '[N/A], [N/A]' || echo '87, 1000';; esac\n"
    )
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(metrics_writer, "GPU_SECONDS", 0.01)
    hardware._installed_gpus.cache_clear()
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert set(metrics_writer.usage()()) == {"memory", "processor"}
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    usage = metrics_writer.usage()
    wait_until(lambda: "gpu" in usage(), seconds=20)
    assert (usage()["gpu"], usage()["gpu_memory"]) == (87, 1048.576)
    (tmp_path / "gone").touch()
    wait_until(lambda: set(usage()) == {"memory", "processor"}, seconds=20)
    hardware._installed_gpus.cache_clear()


def test_the_log_continues_after_the_incomplete_line_of_a_killed_trainer(tmp_path, strict_lines):
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(b'{"kind": "plan"}\n{"kind": "epo')
    metrics = MetricsWriter(path)
    metrics.resumed(1.5)
    metrics.change(epoch=1.75, what="early_stopping", value=False)
    metrics.close()
    lines = path.read_bytes().splitlines()
    assert lines[1] == b'{"kind": "epo'
    path.write_bytes(b"\n".join(lines[:1] + lines[2:]))
    assert strict_lines(path)[1:] == [
        {"kind": "resumed", "epoch": 1.5},
        {"kind": "change", "epoch": 1.75, "what": "early_stopping", "value": False},
    ]


def test_a_complete_last_line_is_not_followed_by_an_empty_one(tmp_path, strict_lines):
    path = tmp_path / "metrics.jsonl"
    for _ in range(2):
        metrics = MetricsWriter(path)
        metrics.phase("loading")
        metrics.close()
    assert strict_lines(path) == [{"kind": "phase", "phase": "loading"}] * 2
