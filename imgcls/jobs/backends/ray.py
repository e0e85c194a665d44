"""Trainers as Ray jobs, through the REST API of Ray's head; the package `ray` is not needed here.

IMGCLS_RAY_ADDRESS is the head, such as http://head:8265, and IMGCLS_RAY_TOKEN its token. IMGCLS_RAY_RESOURCES is what a
training needs, such as "cpu=2 gpu=1".
"""

import json
import os
import shlex
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from imgcls.errors import SettingError
from imgcls.jobs.backends import Refused, Unreachable
from imgcls.jobs.backends._remote import Job, RemoteBackend
from imgcls.runs import Run
from imgcls.system import json_files

TITLE = "Ray"
DEFAULT_ADDRESS = "http://127.0.0.1:8265"
SECONDS = 10
"""How long Ray's head may take to answer."""
LOG_LETTERS = 100_000
MOST_BYTES = 32 << 20
STATES = {"PENDING": "pending", "RUNNING": "running", "STOPPED": "ended", "SUCCEEDED": "ended", "FAILED": "ended"}
REFUSED = {
    401: "the token is missing or wrong. Set IMGCLS_RAY_TOKEN to the token of the cluster (ray get-auth-token)",
    403: "the token does not allow this. Set IMGCLS_RAY_TOKEN to the token of the cluster (ray get-auth-token)",
}

NOT_THIS_JOB = (400, 409, 413, 422, 500)
"""With these, the head refuses the job that was sent: it answers 500 if a job names resources that do not exist."""


class Ray:
    """The cluster, for `RemoteBackend`."""

    def submit(self, run: Run, command: list[str], environment: dict[str, str]) -> str:
        """Submit a job, whose number is that of the run's ticket, so that a repeated request gives the same job.

        Raises:
            SettingError: IMGCLS_RAY_RESOURCES is invalid.
            Unreachable: The head does not answer, or its token is wrong.
            Refused: The head does not take this job.
        """
        number = f"imgcls-{environment['IMGCLS_TICKET']}"
        if self.jobs([number]):
            return number
        body = {
            "entrypoint": shlex.join(command),
            "submission_id": number,
            "runtime_env": {"env_vars": environment},
            "metadata": {"run": run.id},
            **_resources(),
        }
        _ask("POST", "/api/jobs/", body)
        return number

    def jobs(self, numbers: list[str]) -> dict[str, Job]:
        """Those of these jobs that Ray knows."""
        found = {}
        for facts in _ask("GET", "/api/jobs/") or []:
            number = facts.get("submission_id") if isinstance(facts, dict) else None
            if number in numbers:
                found[number] = _job(facts)
        return found

    def kill(self, number: str) -> None:
        """Stop a job: SIGTERM, and SIGKILL after a few seconds."""
        try:
            _ask("POST", f"/api/jobs/{urllib.parse.quote(number)}/stop")
        except NotFound:
            return

    def log(self, run: Run) -> str:
        """The output of the job, as far as Ray kept it."""
        try:
            found = _ask("GET", f"/api/jobs/{urllib.parse.quote(run.job['id'])}/logs")
        except NotFound:
            return ""
        return str(found.get("logs") or "")[-LOG_LETTERS:] if isinstance(found, dict) else ""


class NotFound(Unreachable):
    """Ray does not know the job."""


def create() -> RemoteBackend:
    """The backend, for `imgcls.jobs.backends`."""
    return RemoteBackend("ray", Ray())


def _job(facts: dict[str, Any]) -> Job:
    state = STATES.get(str(facts.get("status")), "running")
    message = " ".join(str(facts.get("message") or "").split())[-300:]  # the end says why a job failed
    return Job(state, f"Ray: {message}" if message and state != "running" else "")


def _resources() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for word in os.environ.get("IMGCLS_RAY_RESOURCES", "cpu=1").split():
        name, _, text = word.partition("=")
        try:
            amount = float(text)
        except ValueError:
            raise SettingError(
                f"IMGCLS_RAY_RESOURCES holds '{word}', which is not name=number. Example: cpu=2 gpu=1."
            ) from None
        if name in ("cpu", "gpu"):
            found[f"entrypoint_num_{name}s"] = amount
        else:
            found.setdefault("entrypoint_resources", {})[name] = amount
    return found


def _ask(method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    address = os.environ.get("IMGCLS_RAY_ADDRESS", "").strip().rstrip("/") or DEFAULT_ADDRESS
    if not address.startswith(("http://", "https://")):
        raise SettingError(f"IMGCLS_RAY_ADDRESS is '{address}'. Give a URL such as {DEFAULT_ADDRESS}.")
    headers = {"Content-Type": "application/json"}
    if token := os.environ.get("IMGCLS_RAY_TOKEN", "").strip():
        headers["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address + path, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            return json_files.parse(answer.read(MOST_BYTES))
    except urllib.error.HTTPError as error:
        if error.code == 404 and path != "/api/jobs/":
            raise NotFound("Ray does not know this job.") from error
        text = error.read(2000).decode("utf-8", "replace").strip().splitlines()[-1:] or [""]
        reason = REFUSED.get(error.code) or f"error {error.code}. {text[0][:300]}".strip()
        kind = Refused if method == "POST" and path == "/api/jobs/" and error.code in NOT_THIS_JOB else Unreachable
        raise kind(f"Ray at {address} refuses: {reason}") from error
    except (OSError, ValueError) as error:
        raise Unreachable(f"Ray at {address} does not answer. Queued runs wait until it does.") from error
