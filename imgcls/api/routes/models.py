"""Trained models and their predictions."""

import json

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import JSONResponse, Response

from imgcls.api import bodies, descriptions, lookup, openapi
from imgcls.api.problems import problem
from imgcls.images.canvas_strokes import Handwriting
from imgcls.images.files.checks import FORMATS_TEXT
from imgcls.runs.index.described import described

router = APIRouter(tags=["models"])


@router.get("/models", summary="All trained models", responses=openapi.answers(openapi.MODELS))
def all_models(request: Request) -> JSONResponse:
    return JSONResponse({"models": [described(run) for run in lookup.all_runs(request) if run.is_ready]})


@router.get("/models/{run}", summary="One model", responses=openapi.answers(openapi.MODEL, 404))
def one_model(request: Request, run: str) -> JSONResponse:
    found = lookup.find_model(request, run)
    return JSONResponse(descriptions.model(found, lookup.card_of(found)))


@router.post(
    "/models/{run}/predict",
    summary="Classify images or a drawing",
    responses=openapi.answers(openapi.PREDICTIONS, 400, 401, 404, 413, 415, 422, 429),
    openapi_extra=openapi.PREDICT_BODY | openapi.NEEDS_TOKEN,
)
async def predict(request: Request, run: str) -> Response:
    """The answer has one entry per image, the same as `imgcls predict --json` prints.

    The status is 422 if no image could be classified.
    """
    found = lookup.find_model(request, run)
    card = lookup.card_of(found)
    given = await bodies.images_or_strokes(request, lookup.settings_of(request).max_images)
    if isinstance(given, Handwriting) and not card.is_ink:
        raise HTTPException(422, f"The model '{found.id}' does not read drawings. Send an image file.")
    answer = await request.app.state.classifier.classified(found, card, given)
    for outcome in answer.outcomes:
        request.app.state.metrics.images.labels(found.id, outcome).inc()
    if answer.problem:
        what = "The image could not" if len(answer.outcomes) == 1 else "None of the images could"
        reason = f"{what} be read: {answer.problem}. Expected {FORMATS_TEXT} files."
        return problem(422, reason, images=json.loads(answer.entries))
    head = json.dumps({"run": found.id, "classes": card.classes}, ensure_ascii=False, separators=(",", ":"))
    body = head[:-1].encode("utf-8", "replace") + b',"images":' + answer.entries + b"}"
    return Response(body, media_type=bodies.JSON)
