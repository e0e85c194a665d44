"""The metrics log: strict JSON, flushed line by line, complete lines even after an incomplete one."""

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
