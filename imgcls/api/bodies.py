"""The body of a request as image files, strokes or JSON. Only as much of it is read as may be used."""

from typing import Any

from fastapi import HTTPException, Request
from starlette.datastructures import UploadFile

from imgcls.api.classifying import ImageFile
from imgcls.datasets.importing import class_names
from imgcls.images.canvas_strokes import Handwriting, from_message
from imgcls.images.files.checks import FORMATS_TEXT
from imgcls.system import json_files

MAX_JSON_BYTES = 1_000_000
"""The longest drawing that the canvas accepts has 20,000 points, 400 kB of JSON."""
MAX_FIELDS = 20
FORM, JSON, BYTES = "multipart/form-data", "application/json", "application/octet-stream"
UNNAMED = "image"
ACCEPTED = f"Expected image files ({FORMATS_TEXT}) as {FORM}, one image as image/*, or strokes as {JSON}."


async def images_or_strokes(request: Request, max_images: int) -> list[ImageFile] | Handwriting:
    """The image files of a request, or its drawing.

    Raises:
        HTTPException: 400, 413, 415 or 422, the body is something else.
        ImageError: the drawing is damaged.
    """
    kind = _kind(request)
    if kind == FORM:
        return await _files(request, max_images)
    if kind == JSON:
        drawing = from_message(await json_object(request))
        if drawing is None:
            raise HTTPException(422, 'The JSON object has no list "strokes".')
        return drawing
    if kind.startswith("image/") or kind == BYTES:
        return [ImageFile(UNNAMED, await request.body())]
    found = f"The content type is '{kind[:60]}'." if kind else "The request has no content type."
    raise HTTPException(415, f"{found} {ACCEPTED}")


async def json_object(request: Request) -> dict[str, Any]:
    """The body as a JSON object.

    Raises:
        HTTPException: 400, 413 or 415, it is none, or is too long.
    """
    if _kind(request) != JSON:
        raise HTTPException(415, f"Expected the content type {JSON}.")
    data = bytearray()
    async for part in request.stream():
        data += part
        if len(data) > MAX_JSON_BYTES:
            raise HTTPException(413, f"The JSON is longer than {MAX_JSON_BYTES / 1e6:g} MB.")
    try:
        value = json_files.parse(bytes(data))
    except ValueError as error:
        raise HTTPException(400, "The body is not JSON in UTF-8, or is nested too deeply.") from error
    if not isinstance(value, dict):
        raise HTTPException(422, "Expected a JSON object.")
    return value


async def _files(request: Request, max_images: int) -> list[ImageFile]:
    async with request.form(max_files=max_images, max_fields=MAX_FIELDS) as form:
        found = [part for _, part in form.multi_items() if isinstance(part, UploadFile)]
        if not found:
            raise HTTPException(422, f"The form has no file. {ACCEPTED}")
        return [ImageFile(class_names.visible(part.filename or UNNAMED), await part.read()) for part in found]


def _kind(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()
