"""Settings of the REST API: who may use it, and how much of it.

IMGCLS_API         "on": the app serves the API below /api                      default: off
IMGCLS_API_TOKEN   needed for everything that changes something or computes     default: none, so both are refused
IMGCLS_API_HOSTS   names under which the server is reached, separated by        default: none besides localhost,
                   commas                                                       the address and plain IP addresses
IMGCLS_API_MAX_MB  megabytes of one request                                     default: 32
IMGCLS_API_RATE    requests per second of one client, on average                default: 50
"""

import os
from dataclasses import dataclass
from typing import Any

from imgcls.errors import SettingError
from imgcls.runs import Run

SHORTEST_TOKEN = 16
"""Characters: at the rate limit, a shorter one could be guessed."""
MAX_IMAGES = 200
"""Images in one request: more of them belong into `imgcls predict`."""
BURST_SECONDS = 2.0


@dataclass(frozen=True)
class Settings:
    """`hosts` are names besides localhost and IP addresses. With a `run`, only its model is served, and no training.

    `rate` is in requests per second and client, `max_bytes` limits the body of one request.
    """

    token: str = ""
    hosts: frozenset[str] = frozenset()
    max_bytes: int = 32_000_000
    max_images: int = MAX_IMAGES
    rate: float = 50.0
    run: Run | None = None

    def __post_init__(self) -> None:
        if self.token and len(self.token) < SHORTEST_TOKEN:
            raise SettingError(
                f"The API token has {len(self.token)} characters; at least {SHORTEST_TOKEN} are required. "
                'Create one with: python -c "import secrets; print(secrets.token_urlsafe())"'
            )

    @property
    def burst(self) -> float:
        """Requests that a client may send at once after a pause."""
        return max(1.0, self.rate * BURST_SECONDS)


def from_environment(**changes: Any) -> Settings:
    """The settings that the environment gives, with some changed.

    Raises:
        SettingError: a variable has an invalid value.
    """
    values: dict[str, Any] = {
        "token": os.environ.get("IMGCLS_API_TOKEN", "").strip(),
        "hosts": frozenset(filter(None, (name.strip().lower() for name in _text("IMGCLS_API_HOSTS").split(",")))),
        "max_bytes": round(_number("IMGCLS_API_MAX_MB", 32.0) * 1_000_000),
        "rate": _number("IMGCLS_API_RATE", 50.0),
    }
    return Settings(**values | changes)


def is_on_in_the_app() -> bool:
    """Whether the app serves the API: IMGCLS_API is "on" or "1"."""
    return _text("IMGCLS_API").lower() in ("on", "1", "true", "yes")


def _text(variable: str) -> str:
    return os.environ.get(variable, "").strip()


def _number(variable: str, default: float) -> float:
    text = _text(variable)
    try:
        value = float(text) if text else default
    except ValueError:
        value = 0.0
    if not 0 < value < 1e6:
        raise SettingError(f"{variable} is '{text[:20]}'. Expected a number above 0, such as {default:g}.")
    return value
