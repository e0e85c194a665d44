"""One log line and the metrics of each request. An uncaught exception ends here, as a plain 500."""

import logging
import time

from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from imgcls.api.middleware.metrics import Metrics
from imgcls.api.problems import problem

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
"""Others are counted together: a client may invent any."""
UNKNOWN = "other"
LEFT = 499
"""The status, in log and metrics only, of a request whose client left before it had sent everything."""

_log = logging.getLogger(__name__)
_access = logging.getLogger("imgcls.api.access")


class RequestLog:
    """ASGI middleware around everything else."""

    def __init__(self, app: ASGIApp, metrics: Metrics):
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        start = time.perf_counter()
        status, is_complete = 0, False

        async def noted(message: Message) -> None:
            nonlocal status, is_complete
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (b"x-content-type-options", b"nosniff")]
            is_complete = message["type"] == "http.response.body" and not message.get("more_body", False)
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except ClientDisconnect:
            status = LEFT
        except Exception:  # any bug of any route: its client gets an answer without details, the log the traceback
            _log.exception("A request failed.")
            if not status:
                await problem(500)(scope, receive, noted)
            elif not is_complete:
                raise  # half an answer is out: only closing the connection tells the client
        finally:
            self._note(scope, status, time.perf_counter() - start)
        return None

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in METHODS else UNKNOWN
        # Below a mount the route is the mount itself until one of the API's own routes has matched.
        found = scope.get("route")
        route = found.path if isinstance(found, APIRoute) else UNKNOWN
        self._metrics.requests.labels(method, route, str(status)).inc()
        self._metrics.seconds.labels(method, route).observe(seconds)
        path = scope.get("raw_path", b"").decode("ascii", errors="replace")
        client = (scope.get("client") or ("",))[0]
        _access.info(
            "%s %s %d %.1f ms",
            method,
            path,
            status,
            1000 * seconds,
            extra={"client": client, "method": method, "path": path, "status": status, "ms": round(1000 * seconds, 1)},
        )
