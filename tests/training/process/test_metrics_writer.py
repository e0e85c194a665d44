"""The journal as it is written: strict JSON, flushed line by line, whole after a torn line."""

from imgcls.training.process.metrics_writer import MetricsWriter


def test_the_journal_is_strict_json_and_keeps_small_numbers(tmp_path, strict_lines):
    told = []
    journal = MetricsWriter(tmp_path / "metrics.jsonl", told.append)
    journal.phase("training")
    journal.plan(train=3)
    journal.batch(epoch=0.5, loss=float("nan"), rate=float("inf"))
    journal.epoch(epoch=1, learning_rate=5e-9, val_loss=1.23456789, best=True)
    assert strict_lines(tmp_path / "metrics.jsonl") == told  # flushed line by line, before it is closed
    assert told == [
        {"kind": "phase", "phase": "training"},
        {"kind": "plan", "train": 3},
        {"kind": "batch", "epoch": 0.5, "loss": None, "rate": None},
        {"kind": "epoch", "epoch": 1, "learning_rate": 5e-9, "val_loss": 1.234568, "best": True},
    ]
    journal.close()


def test_what_the_machine_gives_stands_in_every_batch_line(tmp_path, strict_lines):
    journal = MetricsWriter(tmp_path / "metrics.jsonl", usage=lambda: {"memory": 512.0, "processor": 99.5})
    journal.batch(epoch=0.5, loss=1.0)
    journal.epoch(epoch=1)
    journal.close()
    first, second = strict_lines(tmp_path / "metrics.jsonl")
    assert first == {"kind": "batch", "epoch": 0.5, "loss": 1.0, "memory": 512.0, "processor": 99.5}
    assert second == {"kind": "epoch", "epoch": 1}


def test_a_journal_goes_on_after_the_torn_line_of_a_killed_trainer(tmp_path, strict_lines):
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(b'{"kind": "plan"}\n{"kind": "epo')
    journal = MetricsWriter(path)
    journal.resumed(1.5)
    journal.change(epoch=1.75, what="early_stopping", value=False)
    journal.close()
    lines = path.read_bytes().splitlines()
    assert lines[1] == b'{"kind": "epo'
    path.write_bytes(b"\n".join(lines[:1] + lines[2:]))
    assert strict_lines(path)[1:] == [
        {"kind": "resumed", "epoch": 1.5},
        {"kind": "change", "epoch": 1.75, "what": "early_stopping", "value": False},
    ]


def test_a_whole_last_line_is_followed_by_no_empty_one(tmp_path, strict_lines):
    path = tmp_path / "metrics.jsonl"
    for _ in range(2):
        journal = MetricsWriter(path)
        journal.phase("loading")
        journal.close()
    assert strict_lines(path) == [{"kind": "phase", "phase": "loading"}] * 2
