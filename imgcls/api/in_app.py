"""The API in the app's own server, below /api: only if IMGCLS_API is "on"."""

import logging
from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING

from imgcls.api import settings
from imgcls.errors import SettingError

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

NEEDED = ("fastapi", "prometheus_client", "swagger_ui_bundle")
INSTALL = 'The REST API needs more packages. Install them with: pip install "imgcls[serve]"'

_log = logging.getLogger(__name__)


def is_installed() -> bool:
    """Whether the packages of the extra `serve` are there."""
    return all(find_spec(name) is not None for name in NEEDED)


def routes() -> Sequence["BaseRoute"]:
    """The routes to add to the app's server; none if the API is off or cannot be started, and the log says why."""
    if not settings.is_on_in_the_app():
        return []
    if not is_installed():
        _log.error(INSTALL)
        return []
    from imgcls.api import application

    try:
        return [application.mounted(settings.from_environment())]
    except SettingError as error:
        _log.error("The REST API was not started. %s", error)
        return []
