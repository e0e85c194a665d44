"""Errors of the API, all in one shape: {"status": 404, "error": "Not Found", "message": "a sentence"}.

FastAPI is imported only for its own service: the app's server answers some addresses in this shape without it.
"""

import errno
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Scope

from imgcls.api.actions import CannotTrain, Conflict
from imgcls.errors import RunError, UserError
from imgcls.sharing import NotAllowed

if TYPE_CHECKING:
    from fastapi import FastAPI

PREFIX = "/api/"
SENTENCES = {
    404: "There is nothing at this address. The page /api/docs lists what there is.",
    405: "This address does not accept this method. The page /api/docs lists what it accepts.",
    500: "The server failed on this request. Its log has the details.",
}
"""Instead of the texts of the framework."""
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""Errors of a disk that is full, of a quota that is used up, and of a limit on files."""

_log = logging.getLogger(__name__)


def problem(status: int, message: str = "", *, headers: Mapping[str, str] | None = None, **more: Any) -> JSONResponse:
    """The answer for an error; `more` are further entries of the JSON object."""
    content = {"status": status, "error": HTTPStatus(status).phrase, "message": message or SENTENCES[status]}
    return JSONResponse(content | more, status, headers)


def refused(scope: Scope, status: int, message: str, *, headers: Mapping[str, str] | None = None) -> Response:
    """An error of the app's server: in the shape of the API below its addresses, as plain text elsewhere."""
    if scope["path"].startswith(PREFIX):
        return problem(status, message, headers=headers)
    return PlainTextResponse(message, status, headers)


def install(api: "FastAPI") -> None:
    """Lets every error inside the routes end as such an answer."""
    from fastapi.exceptions import RequestValidationError

    api.add_exception_handler(HTTPException, _of_http)
    api.add_exception_handler(RequestValidationError, _of_values)
    api.add_exception_handler(UserError, _of_user_error)
    api.add_exception_handler(OSError, _of_files)
    api.add_exception_handler(Exception, _of_bug)


def _of_http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    is_framework = error.detail == HTTPStatus(error.status_code).phrase
    message = SENTENCES.get(error.status_code, error.detail) if is_framework else error.detail
    return problem(error.status_code, message, headers=error.headers)


def _of_values(request: Request, error: Exception) -> JSONResponse:
    from fastapi.exceptions import RequestValidationError

    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    return problem(422, f"{'.'.join(map(str, first['loc']))}: {first['msg']}.")


def _of_bug(request: Request, error: Exception) -> JSONResponse:
    return problem(500)  # the framework raises it again, so that it reaches the log


def _of_files(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, OSError)
    if not _is_full(error):
        raise error
    _log.warning("%s: %s", request.url.path, error)
    return problem(507, f"The server cannot store this request: {error.strerror}. Free some disk space on the server.")


def _is_full(error: BaseException | None) -> bool:
    return isinstance(error, OSError) and error.errno in FULL


def _of_user_error(request: Request, error: Exception) -> JSONResponse:
    if isinstance(error, NotAllowed):
        return problem(403, str(error))
    if isinstance(error, RunError):  # the run was found, so it is this side that has failed
        _log.warning("%s: %s", request.url.path, error)
        return problem(507 if _is_full(error.__cause__) else 500, str(error))
    status = 409 if isinstance(error, Conflict) else 501 if isinstance(error, CannotTrain) else 422
    return problem(status, str(error))
