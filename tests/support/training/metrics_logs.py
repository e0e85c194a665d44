"""Lines of a metrics log as a trainer writes them, and the curves read from them."""

import json

from imgcls.runs.metrics_log import Curves


def lines(*entries) -> bytes:
    return b"".join(json.dumps(entry).encode() + b"\n" for entry in entries)


def batch(epoch, loss=0.5, **more):
    return {"kind": "batch", "epoch": epoch, "loss": loss, "accuracy": 0.8, "rate": 100.0, **more}


def epoch(number, **more):
    return {"kind": "epoch", "epoch": number, "loss": 0.4, "val_loss": 0.5, "seconds": 2.0, "best": False, **more}


PLAN = {"kind": "plan", "train": 200, "validation": 20, "epochs": 5}


def read(journal, content: bytes) -> Curves:
    journal.write_bytes(content)
    return Curves(journal).refresh()
