"""The files of the pages: scripts, styles, and LiteRT.js, which a browser keeps as their address has a digest."""

import gzip
import hashlib
import importlib.util
from functools import cache
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from imgcls.export import offline_page
from imgcls.export.offline_page import content
from imgcls.languages import PERCENT_SCRIPT

HERE = Path(__file__).parent / "web"
OFFLINE = offline_page.HERE
TYPES = {".js": "text/javascript", ".css": "text/css", ".wasm": "application/wasm", ".bin": "application/octet-stream"}
TYPES |= {".woff2": "font/woff2"}
FONT = "static/static/media/SourceSansVF-Upright*.woff2"
"""The app's font within Streamlit; its name has a digest."""


@cache
def files() -> dict[str, bytes]:
    """The content of each file by its name; what ends in .gz is sent as it is."""
    found = {f"js/{path.relative_to(OFFLINE / 'js').as_posix()}": path for path in (OFFLINE / "js").rglob("*.js")}
    found["js/percent.js"] = PERCENT_SCRIPT
    found |= {path.name: path for path in (OFFLINE / "runtime").glob("*.gz")} | {"page.css": OFFLINE / "page.css"}
    found |= {f"web/{path.relative_to(HERE).as_posix()}": path for path in HERE.rglob("*") if path.suffix in TYPES}
    if (font := _font()) is not None:
        found["font.woff2"] = font
    contents = {name: path.read_bytes() for name, path in found.items()}
    contents["non-digits.bin"] = content.network_weights()
    return dict(sorted(contents.items()))


def _font() -> Path | None:
    """The file of the app's font; None if Streamlit has it elsewhere: pages then use that of the system."""
    spec = importlib.util.find_spec("streamlit")
    return next(Path(spec.origin).parent.glob(FONT), None) if spec is not None and spec.origin else None


@cache
def version() -> str:
    """A digest of all files."""
    digest = hashlib.sha256()
    for name, data in files().items():
        digest.update(f"{name} {len(data)} ".encode() + data)
    return digest.hexdigest()[:16]


def file(request: Request) -> Response:
    """One of the files."""
    name = request.path_params["name"]
    packed, found = files().get(f"{name}.gz"), files().get(name)
    kept = {"Cache-Control": "max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
    kind = TYPES.get(Path(name).suffix)
    if request.path_params["version"] != version() or not kind or (packed is None and found is None):
        raise HTTPException(404)
    if packed is not None:
        if "gzip" in request.headers.get("accept-encoding", ""):
            found, kept["Content-Encoding"] = packed, "gzip"
        else:
            found = gzip.decompress(packed)
    return Response(found, headers=kept, media_type=kind)


ROUTES = [Route("/room/files/{version}/{name:path}", file)]
