"""A visitor without a browser: speaks Streamlit's WebSocket protocol, so that only the server does work."""

import contextlib
import json
import re
from types import TracebackType

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

DONE = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)
PROTOCOL = "streamlit"
PROBLEM = b"Something went wrong"


def address(port: int) -> str:
    """Where a server on this computer takes the connection of a tab."""
    return f"ws://127.0.0.1:{port}/_stcore/stream"


class Tab:
    """What a browser keeps of one tab. It makes the requests, which say what it has already, and takes in the answers.

    `fragments` are the parts of the page that rerun by themselves, with their interval in seconds; `parts` are all.
    """

    def __init__(self) -> None:
        self._hashes: set[str] = set()
        self._pages: dict[str, str] = {}
        self.query = ""
        self._ids: dict[str, str] = {}
        self.fragments: dict[str, float] = {}
        self.parts: dict[str, None] = {}
        self.seen = b""

    def request(
        self, page: str = "", query: str = "", *, fragment: str = "", widgets: dict[str, dict] | None = None
    ) -> bytes:
        """The message that runs a page (its path in the URL), or one fragment of it.

        `widgets`: key of a widget -> the field and value of its state, as the browser would send it.
        """
        self.query = query
        message = BackMsg()
        state = message.rerun_script
        state.query_string, state.fragment_id = query, fragment
        state.is_auto_rerun = fragment in self.fragments
        # Whoever opens a link does not know the pages yet, and asks for one by its path.
        state.page_script_hash = self._pages.get(page, "")
        state.page_name = "" if self._pages else page
        state.cached_message_hashes.extend(self._hashes)
        for key, value in (widgets or {}).items():
            state.widget_states.widgets.add(id=self.widget_id(key), **value)
        state.widget_states.SetInParent()
        return message.SerializeToString()

    def take(self, data: bytes) -> ForwardMsg:
        """A message of the server, of which is kept what later requests need."""
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
        return answer

    def drawing(self, strokes: list[list[float]], number: int, *, is_done: bool = True) -> dict:
        """The arguments of `request` for what is drawn on the Predict page: only the part with the canvas runs."""
        message = {"edition": 0, "number": number, "pen": 18, "isDone": is_done, "strokes": strokes}
        state = {"json_value": json.dumps({"drawing": message})}
        return {
            "page": "predict",
            "query": self.query,
            "fragment": next(reversed(self.parts)),
            "widgets": {"canvas": state},
        }

    def widget_id(self, key: str) -> str:
        """The id of the widget with this key, after which a number may stand, once a page with it was run."""
        if key not in self._ids:
            found = re.search(rb"\$\$[A-Z_]*ID-[0-9a-f]+-" + re.escape(key.encode()) + rb"[0-9-]*", self.seen)
            if not found:
                raise RuntimeError(f"There is no widget with the key '{key}' on the page.")
            self._ids[key] = found[0].decode()
        return self._ids[key]


class Session(Tab):
    """A tab with its connection; each method returns when the server says that it is done."""

    def __init__(self, port: int):
        super().__init__()
        self._open = contextlib.ExitStack()
        self._socket = self._open.enter_context(
            connect(address(port), subprotocols=[PROTOCOL], open_timeout=60, max_size=None, compression=None)
        )
        self.rerun()

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._open.close()

    def rerun(self, page: str = "", query: str = "", *, fragment: str = "", widgets: dict[str, dict] | None = None):
        """Runs a page, or one fragment of it; see `request`."""
        self.ask(page, query, fragment=fragment, widgets=widgets)
        content = []
        while True:
            data, answer = self._receive()
            content.append(data)
            if answer.WhichOneof("type") == "script_finished" and answer.script_finished in DONE:
                break
        self.seen = b"".join(content)
        if PROBLEM in self.seen:
            raise RuntimeError(f"The page {page or 'home'} failed; look at it in a browser.")

    def begin(self, page: str, query: str) -> None:
        """As `rerun`, but returns as soon as the server has begun."""
        self.ask(page, query)
        while self._receive()[1].WhichOneof("type") != "new_session":
            pass

    def ask(self, page: str = "", query: str = "", *, fragment: str = "", widgets: dict[str, dict] | None = None):
        """Sends the request of `rerun` and does not wait."""
        self._socket.send(self.request(page, query, fragment=fragment, widgets=widgets))

    def _receive(self) -> tuple[bytes, ForwardMsg]:
        data = self._socket.recv(timeout=60)
        return data, self.take(data)

    def draw(self, strokes: list[list[float]], number: int, *, is_done: bool = True) -> None:
        """Sends what is drawn on the Predict page, as its canvas does."""
        self.rerun(**self.drawing(strokes, number, is_done=is_done))
