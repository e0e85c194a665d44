"""MLflow: a run on a tracking server, by the server's REST API (mlflow.org, "REST API", version 2.0).

The package mlflow is not needed: even its small variant brings forty others. If the server asks for a token or a
password, it is read from MLflow's own environment variables.
"""

import base64
import json
import os
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable
from itertools import islice
from typing import Any

from imgcls.errors import RunError, SettingError, UserError
from imgcls.evaluation import comparison, report
from imgcls.export.trackers import history
from imgcls.runs import Run

EXTRA = ("", ())
API = "/api/2.0/mlflow/"
ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts/"
METRICS_PER_CALL, PARAMETERS_PER_CALL = 1000, 100
"""Limits of the API's log-batch."""
LONGEST_VALUE = 500
"""Characters of a parameter that every version of the server accepts."""
SECONDS = 30
FILES = ("config.json", "result.json", "model.json", "model.keras", "model.tflite")
"""Files of the run that are stored with it, besides the report."""


def log(run: Run, uri: str, experiment: str, *, follow: bool = False) -> tuple[str, str]:
    """Logs a run and returns the address of its page, and why its files were not stored (empty if they were).

    Raises:
        SettingError: the address is not that of a server.
        RunError: the server refuses.
    """
    server = _Server(uri)
    number = server.experiment(experiment)
    created = server.post(
        "runs/create",
        experiment_id=number,
        run_name=run.label,
        start_time=round(1000 * run.created),
        tags=[{"key": "imgcls.run", "value": run.id}],
    )
    about = created["run"]["info"]
    run_id, status = about["run_id"], "FAILED"
    try:
        parameters = [
            {"key": name, "value": str(value)[:LONGEST_VALUE]} for name, value in history.settings(run).items()
        ]
        for part in _parts(parameters, PARAMETERS_PER_CALL):
            server.post("runs/log-batch", run_id=run_id, params=part)
        for part in _parts(_metrics(run, follow), METRICS_PER_CALL):
            server.post("runs/log-batch", run_id=run_id, metrics=part)
        problem = _store_files(server, run, str(about.get("artifact_uri", "")))
        status = "FINISHED"
    finally:
        end = max((point.time for point in history.points(run)), default=run.created)
        server.post("runs/update", run_id=run_id, status=status, end_time=round(1000 * end))
    return f"{server.address}/#/experiments/{number}/runs/{run_id}", problem


class _Server:
    """A tracking server.

    Raises:
        SettingError: the address is not that of a server.
    """

    def __init__(self, uri: str):
        parts = urllib.parse.urlsplit(uri)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise SettingError(
                f"{uri[:100]!r} is not the address of an MLflow server. Start one with “mlflow server”, and give its "
                "address, such as http://localhost:5000."
            )
        self.address = uri.rstrip("/")
        self._headers = {"Content-Type": "application/json"}
        token, user = os.environ.get("MLFLOW_TRACKING_TOKEN"), os.environ.get("MLFLOW_TRACKING_USERNAME")
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        elif user:
            pair = f"{user}:{os.environ.get('MLFLOW_TRACKING_PASSWORD', '')}"
            self._headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"

    def experiment(self, name: str) -> str:
        """The number of the experiment with this name, which is created if there is none."""
        path = f"experiments/get-by-name?{urllib.parse.urlencode({'experiment_name': name})}"
        try:
            return str(self._call("GET", API + path)["experiment"]["experiment_id"])
        except _NotFound:
            return str(self.post("experiments/create", name=name)["experiment_id"])

    def post(self, path: str, **content: Any) -> dict[str, Any]:
        """The answer to a call of the API."""
        return self._call("POST", API + path, json.dumps(content, allow_nan=False).encode())

    def put_file(self, path: str, content: bytes) -> None:
        """Stores a file in the server's own storage."""
        self._call("PUT", ARTIFACTS + urllib.parse.quote(path), content, kind="application/octet-stream")

    def _call(self, method: str, path: str, content: bytes | None = None, kind: str = "") -> dict[str, Any]:
        headers = self._headers | ({"Content-Type": kind} if kind else {})
        request = urllib.request.Request(self.address + path, content, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as response:
                found = json.loads(response.read() or b"{}")
        except urllib.error.HTTPError as error:
            if error.code == 404:
                raise _NotFound(f"There is no MLflow server at {self.address}.") from error
            raise RunError(f"The MLflow server refused: {error.code} {_message(error)}") from error
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            raise RunError(f"No MLflow server answered at {self.address}: {reason}.") from error
        return found if isinstance(found, dict) else {}


class _NotFound(RunError):
    """The server does not know what was asked for."""


def _message(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.loads(error.read())["message"])[:300]
    except (OSError, ValueError, KeyError, TypeError):
        return str(error.reason)[:300]


def _metrics(run: Run, follow: bool) -> Iterable[dict[str, Any]]:
    for point in history.points(run, follow=follow):
        for name, value in point.values.items():
            yield {"key": name, "value": value, "timestamp": round(1000 * point.time), "step": point.step}
    for name, value in history.scores(run).items():
        yield {"key": name, "value": value, "timestamp": round(1000 * run.created), "step": 0}


def _parts(values: Iterable[dict[str, Any]], most: int) -> Iterable[list[dict[str, Any]]]:
    waiting = iter(values)
    while part := list(islice(waiting, most)):
        yield part


def _store_files(server: _Server, run: Run, uri: str) -> str:
    """Stores the report and the run's files; why not, if the server does not store files itself."""
    prefix = "mlflow-artifacts:/"
    if not uri.startswith(prefix):
        return "The server does not store files itself (start it with --serve-artifacts), so only numbers were logged."
    folder = uri.removeprefix(prefix).strip("/")
    try:
        server.put_file(f"{folder}/report.html", report.page(run, comparison.decided(run)).encode("utf-8", "replace"))
    except _NotFound:
        raise
    except UserError:
        pass  # a run without test predictions has no report
    for name in FILES:
        path = run.folder / name
        if path.is_file():
            server.put_file(f"{folder}/{name}", path.read_bytes())
    return ""
