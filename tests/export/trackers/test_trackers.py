"""A run in TensorBoard, MLflow and Weights & Biases: what arrives there is what the run folder says."""

import json
import struct
import sys
import threading
import types
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from imgcls.cli import exit_codes
from imgcls.cli.main import main
from imgcls.export import trackers
from imgcls.export.trackers import history, tensorboard
from imgcls.runs.index.recording import record
from imgcls.runs.metrics_log import Curves
from tests.support.local_server import serving


def events(path):
    """The events of a file: records of length (8 bytes), checksum (4), content, checksum (4)."""
    from tensorboardX.proto.event_pb2 import Event

    content, place = path.read_bytes(), 0
    while place < len(content):
        (length,) = struct.unpack_from("<Q", content, place)
        yield Event.FromString(content[place + 12 : place + 12 + length])
        place += 16 + length


def test_the_points_match_the_metrics_in_step_order(finished_run):
    curves = Curves(finished_run.folder / "metrics.jsonl").refresh()
    points = list(history.points(finished_run))
    assert len(points) == len(curves.batches) + len(curves.epochs)
    assert [point.step for point in points] == sorted(point.step for point in points)
    assert [point.time for point in points] == sorted(point.time for point in points)
    assert points[-1].step == 2 * curves.plan["steps"]
    losses = [point.values["validation/loss"] for point in points if "validation/loss" in point.values]
    assert losses == [line["val_loss"] for line in curves.epochs]
    assert points[0].time >= finished_run.created


def test_metrics_of_ones_own_are_points_at_their_epochs_and_scores(finished_run):
    record(finished_run, {"night/f1": 0.5}, epoch=1)
    record(finished_run, {"night/f1": 0.75, "auc": 0.9})
    points = list(history.points(finished_run))
    steps = Curves(finished_run.folder / "metrics.jsonl").refresh().plan["steps"]
    own = [(point.step, point.values) for point in points if any(name.startswith("own/") for name in point.values)]
    assert own == [(steps, {"own/night/f1": 0.5})]
    assert [point.step for point in points] == sorted(point.step for point in points)
    (at,) = {point.time for point in points if "own/night/f1" in point.values}
    assert at in [point.time for point in points if "validation/loss" in point.values], "not when it was recorded"
    found = history.scores(finished_run)
    assert found["own/night/f1"] == 0.75 and found["own/auc"] == 0.9 and "test_accuracy" in found


def test_following_ends_with_the_training_and_delivers_all_values(make_run, wait_until, monkeypatch):
    monkeypatch.setattr(history, "POLL_SECONDS", 0.02)
    run = make_run(heartbeat=0, **{"metrics.jsonl": b'{"kind": "plan", "steps": 10}\n'})
    found: list[history.Point] = []
    reader = threading.Thread(target=lambda: found.extend(history.points(run, follow=True)))
    reader.start()
    with (run.folder / "metrics.jsonl").open("a") as file:
        file.write('{"kind": "epoch", "epoch": 1, "loss": 0.5, "val_loss": 0.4, "seconds": 2}\n')
    (run.folder / "result.json").write_text('{"version": 1, "outcome": "finished"}')
    reader.join(20)
    assert not reader.is_alive()
    assert [(point.step, point.values["validation/loss"]) for point in found] == [(10, 0.4)]


def test_tensorboard_gets_every_value_and_tensorflow_is_not_imported(finished_run, tmp_path, capsys):
    loaded = "tensorflow" in sys.modules
    assert main(["tensorboard", finished_run.id, "--out", str(tmp_path / "tb")]) == exit_codes.OK
    assert ("tensorflow" in sys.modules) == loaded
    out = capsys.readouterr().out
    (path,) = (tmp_path / "tb" / finished_run.id).glob("events.out.tfevents.*")
    found, tags = [], set()
    for event in events(path):
        for value in event.summary.value:
            tags.add(value.tag)
            if value.tag == "validation/accuracy":
                found.append((event.step, round(value.simple_value, 5)))
    curves = Curves(finished_run.folder / "metrics.jsonl").refresh()
    steps = curves.plan["steps"]
    assert found == [(round(line["epoch"] * steps), round(line["val_accuracy"], 5)) for line in curves.epochs]
    assert {"batch/loss", "training/loss", "score/test_accuracy", "settings/text_summary"} <= tags
    assert "values." in out and "tensorboard --logdir" in out

    assert main(["tensorboard", finished_run.id, "--out", str(tmp_path / "tb")]) == exit_codes.FAILED
    assert "has event files already" in capsys.readouterr().err


class Server(BaseHTTPRequestHandler):
    """Answers as an MLflow server does, and notes what it was sent. Paths in `refused` get this status."""

    calls: list
    refused: dict

    def answer(self):
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.partition("?")[0].removeprefix("/api/2.0/")
        self.calls.append((self.command, path, content, dict(self.headers)))
        known = {
            "mlflow/experiments/create": {"experiment_id": "7"},
            "mlflow/runs/create": {
                "run": {"info": {"run_id": "abc", "artifact_uri": "mlflow-artifacts:/7/abc/artifacts"}}
            },
        }
        status = self.refused.get(path, 404 if path.endswith("get-by-name") else 200)
        body = known.get(path, {}) if status == 200 else {"message": "No."}
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = answer

    def log_message(self, *_):
        """Silent."""


@pytest.fixture
def server():
    handler = type("Handler", (Server,), {"calls": [], "refused": {}})
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), handler)) as running:
        handler.address = f"http://127.0.0.1:{running.server_address[1]}"
        yield handler


def test_mlflow_gets_settings_curves_scores_and_files(finished_run, server, monkeypatch, capsys):
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "secret")
    assert main(["mlflow", finished_run.id, "--tracking-uri", server.address]) == exit_codes.OK
    assert capsys.readouterr().out == f"{server.address}/#/experiments/7/runs/abc\n"
    sent = [json.loads(content) for _, path, content, _ in server.calls if path == "mlflow/runs/log-batch"]
    params = {row["key"]: row["value"] for one in sent for row in one.get("params", ())}
    assert params["filters"] == "8" and params["data"] == "digits"
    assert all(len(one.get("metrics", ())) <= 1000 and len(one.get("params", ())) <= 100 for one in sent)
    metrics = [row for one in sent for row in one.get("metrics", ())]
    expected = [(name, value) for point in history.points(finished_run) for name, value in point.values.items()]
    assert [(row["key"], row["value"]) for row in metrics][: len(expected)] == expected
    assert ("test_accuracy", finished_run.result["test_accuracy"]) in [(row["key"], row["value"]) for row in metrics]
    files = {path: content for method, path, content, _ in server.calls if method == "PUT"}
    folder = "mlflow-artifacts/artifacts/7/abc/artifacts/"
    assert files[f"{folder}model.tflite"] == (finished_run.folder / "model.tflite").read_bytes()
    assert files[f"{folder}report.html"].startswith(b"<!DOCTYPE html>")
    last = json.loads(server.calls[-1][2])
    assert (server.calls[-1][1], last["status"]) == ("mlflow/runs/update", "FINISHED")
    assert all(headers["Authorization"] == "Bearer secret" for *_, headers in server.calls)


class FakeWandb(types.ModuleType):
    """Stands in for the package wandb, which brings fifteen others: collects what is logged."""

    Error = type("Error", (Exception,), {})

    def __init__(self):
        super().__init__("wandb")
        self.__spec__ = ModuleSpec("wandb", None)
        self.settings, self.begun, self.summary, self.points = {}, {}, {}, []
        self.is_finished = False

    def Settings(self, **settings):
        self.settings = settings
        return settings

    def init(self, **begun):
        self.begun = begun
        self.dir = str(Path(begun["dir"], "wandb", "offline-run-1", "files"))
        return self

    def log(self, values, step):
        self.points.append((step, values))

    def finish(self):
        self.is_finished = True


@pytest.fixture
def wandb(monkeypatch):
    fake = FakeWandb()
    monkeypatch.setitem(sys.modules, "wandb", fake)
    return fake


def test_wandb_is_written_offline(finished_run, tmp_path, capsys, monkeypatch, wandb):
    monkeypatch.setenv("WANDB_MODE", "online")  # nothing must ever be sent
    assert main(["wandb", finished_run.id, "--out", str(tmp_path)]) == exit_codes.OK
    folder = capsys.readouterr().out.strip().rpartition(" ")[2]
    assert folder == str(tmp_path / "wandb" / "offline-run-1")
    assert wandb.begun["mode"] == "offline" and wandb.begun["name"] == finished_run.label
    assert wandb.begun["config"] == history.settings(finished_run)
    assert not wandb.settings["save_code"] and wandb.settings["disable_git"] and wandb.settings["x_disable_stats"]
    points = list(history.points(finished_run))
    assert wandb.points == [(point.step, point.values) for point in points]
    assert wandb.summary == history.scores(finished_run)
    assert wandb.is_finished


def test_an_error_of_wandb_is_one_message_and_its_run_is_ended(finished_run, tmp_path, capsys, monkeypatch, wandb):
    def full(values, step):
        raise wandb.Error("the disk is full")

    monkeypatch.setattr(wandb, "log", full)
    assert main(["wandb", finished_run.id, "--out", str(tmp_path)]) == exit_codes.FAILED
    assert "could not be written for Weights & Biases: the disk is full." in capsys.readouterr().err
    assert wandb.is_finished


def test_a_refusing_server_gives_one_error_and_the_remote_run_is_marked_failed(finished_run, server, capsys):
    server.refused["mlflow/runs/log-batch"] = 403
    assert main(["mlflow", finished_run.id, "--tracking-uri", server.address]) == exit_codes.FAILED
    err = capsys.readouterr().err
    assert "The MLflow server refused: 403 No." in err and err.count("\n") == 1
    assert json.loads(server.calls[-1][2])["status"] == "FAILED"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["mlflow", "RUN", "--tracking-uri", "sqlite:///x.db"], exit_codes.USAGE, "is not the address of an MLflow"),
        (["mlflow", "RUN", "--tracking-uri", "http://127.0.0.1:9"], exit_codes.FAILED, "No MLflow server answered"),
        (
            ["mlflow", "no-such-run", "--tracking-uri", "http://x"],
            exit_codes.NOT_FOUND,
            "There is no run 'no-such-run'",
        ),
        (["tensorboard", "RUN", "RUN", "--follow"], exit_codes.USAGE, "--follow follows one run"),
    ],
)
def test_a_usage_error_prints_one_line(finished_run, capsys, arguments, code, message):
    assert main([finished_run.id if word == "RUN" else word for word in arguments]) == code
    err = capsys.readouterr().err
    assert message in err and err.count("\n") == 1


def test_a_missing_package_gives_an_installation_hint(finished_run, capsys, monkeypatch):
    monkeypatch.setattr(trackers, "find_spec", lambda package: None)
    assert main(["tensorboard", finished_run.id]) == exit_codes.FAILED
    assert 'pip install "imgcls[tensorboard]"' in capsys.readouterr().err
    assert tensorboard.EXTRA[0] == "tensorboard"
