"""A visitor without a browser: speaks Streamlit's WebSocket protocol, so that only the server does work."""

import contextlib
import json
import re
from types import TracebackType

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

DONE = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)


class Session:
    """One tab. Keeps the messages that a browser would keep, and says so in each request, as a browser does."""

    def __init__(self, port: int):
        self._open = contextlib.ExitStack()
        address = f"ws://127.0.0.1:{port}/_stcore/stream"
        self._socket = self._open.enter_context(
            connect(address, subprotocols=["streamlit"], max_size=None, compression=None)
        )
        self._hashes: set[str] = set()
        self._pages: dict[str, str] = {}
        self.query = ""
        self._ids: dict[str, str] = {}
        self.fragments: dict[str, float] = {}
        self.parts: dict[str, None] = {}
        self.seen = b""
        self.rerun()

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._open.close()

    def rerun(self, page: str = "", query: str = "", *, fragment: str = "", widgets: dict[str, dict] | None = None):
        """Runs a page (its path in the URL), or one fragment of it, and returns when the server says it is done.

        `widgets`: key of a widget -> the field and value of its state, as the browser would send it.
        """
        self.ask(page, query, fragment=fragment, widgets=widgets)
        content = []
        while True:
            data, answer = self._receive()
            content.append(data)
            if answer.WhichOneof("type") == "script_finished" and answer.script_finished in DONE:
                break
        self.seen = b"".join(content)
        if b"Something went wrong" in self.seen:
            raise RuntimeError(f"The page {page or 'home'} failed; look at it in a browser.")

    def begin(self, page: str, query: str) -> None:
        """As `rerun`, but returns as soon as the server has begun."""
        self.ask(page, query)
        while self._receive()[1].WhichOneof("type") != "new_session":
            pass

    def ask(self, page: str = "", query: str = "", *, fragment: str = "", widgets: dict[str, dict] | None = None):
        """Sends the request of `rerun` and does not wait."""
        self.query = query
        message = BackMsg()
        state = message.rerun_script
        state.query_string, state.fragment_id = query, fragment
        state.is_auto_rerun = fragment in self.fragments
        state.page_script_hash = self._pages.get(page, "")
        state.cached_message_hashes.extend(self._hashes)
        for key, value in (widgets or {}).items():
            state.widget_states.widgets.add(id=self.widget_id(key), **value)
        state.widget_states.SetInParent()
        self._socket.send(message.SerializeToString())

    def _receive(self) -> tuple[bytes, ForwardMsg]:
        """The next message, of which is kept what later requests need."""
        data = self._socket.recv(timeout=60)
        answer = ForwardMsg.FromString(data)
        if answer.hash and answer.metadata.cacheable:
            self._hashes.add(answer.hash)
        kind = answer.WhichOneof("type")
        if kind == "navigation":
            self._pages = {
                "" if entry.is_default else entry.url_pathname: entry.page_script_hash
                for entry in answer.navigation.app_pages
            }
        elif kind == "auto_rerun":
            self.fragments[answer.auto_rerun.fragment_id] = answer.auto_rerun.interval
        elif kind == "delta" and answer.delta.fragment_id:
            self.parts[answer.delta.fragment_id] = None
        return data, answer

    def draw(self, strokes: list[list[float]], number: int, *, is_done: bool = True) -> None:
        """Sends what is drawn on the Predict page, as its canvas does: only the part of the page with it runs."""
        message = {"edition": 0, "number": number, "pen": 18, "isDone": is_done, "strokes": strokes}
        state = {"json_value": json.dumps({"drawing": message})}
        self.rerun("predict", self.query, fragment=next(reversed(self.parts)), widgets={"canvas": state})

    def widget_id(self, key: str) -> str:
        """The id of the widget with this key, after which a number may stand, once a page with it was run."""
        if key not in self._ids:
            found = re.search(rb"\$\$[A-Z_]*ID-[0-9a-f]+-" + re.escape(key.encode()) + rb"[0-9-]*", self.seen)
            if not found:
                raise RuntimeError(f"There is no widget with the key '{key}' on the page.")
            self._ids[key] = found[0].decode()
        return self._ids[key]
