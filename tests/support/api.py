"""The REST API on its own port, and a client that sends exactly what a test specifies."""

import http.client
import json
import socket
import threading
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import uvicorn
from starlette.applications import Starlette

from imgcls.api import application
from imgcls.api.classifying import Classifier
from imgcls.api.settings import Settings

TOKEN = "a-token-that-is-long-enough"


@dataclass
class Reply:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class ApiServer:
    """A server in a thread; `close` ends it, but does not wait: uvicorn looks every 0.1 s whether it should end."""

    def __init__(self, settings: Settings, classifier: Classifier | None = None):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        app = Starlette(routes=[application.mounted(settings, classifier)])
        self._server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off"))
        self._thread = threading.Thread(target=self._server.run, args=([self._listener],), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.force_exit = self._server.should_exit = True

    def send(
        self,
        method: str,
        path: str,
        body: bytes | Iterable[bytes] | None = None,
        headers: dict[str, str] | None = None,
        *,
        token: str = TOKEN,
    ) -> Reply:
        """One request to /api/`path`; an iterable body is sent in chunks, without its length."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        given = ({"Authorization": f"Bearer {token}"} if token else {}) | (headers or {})
        try:
            connection.request(method, f"/api/{path}", body, given)
            response = connection.getresponse()
            return Reply(response.status, response.headers, response.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Reply:
        """A GET without a token."""
        return self.send("GET", path, headers=headers, token="")

    def post_json(self, path: str, value: Any) -> Reply:
        return self.send("POST", path, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def post_files(self, path: str, files: Iterable[tuple[str, bytes]]) -> Reply:
        body, kind = form(files)
        return self.send("POST", path, body, {"Content-Type": kind})


def form(files: Iterable[tuple[str, bytes]]) -> tuple[bytes, str]:
    """A multipart form with these files, and its content type."""
    border = uuid.uuid4().hex
    parts = [
        f'--{border}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n'
        f"Content-Type: application/octet-stream\r\n\r\n".encode()
        + data
        + b"\r\n"
        for name, data in files
    ]
    return b"".join([*parts, f"--{border}--\r\n".encode()]), f"multipart/form-data; boundary={border}"


def chunks(data: bytes, size: int) -> Iterator[bytes]:
    """The data in pieces, which a client sends one by one."""
    for start in range(0, len(data), size):
        yield data[start : start + size]
