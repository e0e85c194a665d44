"""Requests to the pages on which a class draws, without a network, through the checks that the app's server makes."""

import asyncio
import base64
import itertools
import json
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image
from starlette.applications import Starlette
from starlette.datastructures import Headers

from imgcls.api.middleware.visitors import Visitors
from imgcls.api.plain_pages import sheets, together
from imgcls.sharing import Visitor, cookies
from imgcls.system import paths

HOST = "127.0.0.1:8501"
SEVEN = [[60, 60, 18, 220, 60, 18, 120, 230, 18]]
CROSS = [[50, 50, 18, 230, 230, 18], [230, 50, 18, 50, 230, 18]]
"""A big X."""
ONE = [[140, 50, 18, 140, 230, 18]]


@dataclass
class Answer:
    status: int
    headers: Headers
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def message(self) -> str:
        return self.json["message"]


class Site:
    """The routes behind the middleware that knows visitors. `ask` acts for a visitor, or with a `cookie` as it is."""

    def __init__(self) -> None:
        self.app = Visitors(Starlette(routes=[*together.routes(), sheets.ROUTE]))

    def ask(
        self,
        method: str,
        path: str,
        who: Visitor | None = None,
        body: Any = None,
        *,
        cookie: str = "",
        data: Iterable[bytes] | None = None,
        **headers: str,
    ) -> Answer:
        """One request; `body` is sent as JSON, `data` in chunks as it is."""
        cookie = cookies.make(who.id) if who else cookie
        given = {"host": HOST, "content-type": "application/json"}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        if cookie:
            given["cookie"] = f"{cookies.NAME}={cookie}"
        path, _, query = path.partition("?")
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in given.items()],
            "scheme": "http",
            "server": ("127.0.0.1", 8501),
            "client": ("10.0.0.7", 1),
            "http_version": "1.1",
            "root_path": "",
        }
        parts = [json.dumps(body).encode()] if data is None else data
        return asyncio.run(self._send(scope, iter(parts)))

    async def _send(self, scope: dict, parts: Iterator[bytes]) -> Answer:
        sent: list[dict] = []
        waiting = itertools.chain(
            ({"type": "http.request", "body": part, "more_body": True} for part in parts),
            [{"type": "http.request", "body": b"", "more_body": False}],
        )

        async def receive() -> dict:
            return next(waiting)

        async def send(message: dict) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        body = b"".join(message.get("body", b"") for message in sent[1:])
        return Answer(sent[0]["status"], Headers(raw=sent[0]["headers"]), body)


def photo(kind: int = 0, *, side: int = 160, seed: int = 0) -> str:
    """What a phone sends of a photo, base64: a reddish (kind 0) or bluish (kind 1) thing."""
    pixels = np.random.default_rng(seed).integers(0, 90, (side, side, 3), np.uint8)
    pixels[side // 4 : -side // 4, side // 4 : -side // 4, 2 * kind] += 150
    file = BytesIO()
    Image.fromarray(pixels).save(file, "JPEG")
    return base64.b64encode(file.getvalue()).decode("ascii")


def add_digits_model() -> None:
    """Puts the shipped model of digits into the test's runs."""
    paths.runs_folder().mkdir(parents=True, exist_ok=True)
    shutil.copytree(paths.repository_folder() / "saved_models" / "digits", paths.runs_folder() / "digits")


def scrawl(kind: int, random: np.random.Generator, slant: float = 0.0) -> list[list[float]]:
    """A one (kind 0) or a seven (kind 1) by an unsteady hand, as the canvas sends it."""
    corners = np.array(ONE[0] if kind == 0 else SEVEN[0], float).reshape(-1, 3)
    along = np.linspace(0, len(corners) - 1, 9)
    points = np.column_stack([np.interp(along, np.arange(len(corners)), column) for column in corners.T])
    points[:, :2] += random.normal(0, 8, (len(points), 2))  # no two are identical
    points[:, 0] += slant * (140 - points[:, 1])
    return [np.round(points, 1).ravel().tolist()]
