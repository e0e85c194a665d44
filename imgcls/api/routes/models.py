"""Trained models and their predictions."""

from functools import partial

import anyio
from fastapi import APIRouter, HTTPException, Request
from starlette.responses import JSONResponse

from imgcls.api import bodies, descriptions, lookup, openapi
from imgcls.api.bodies import ImageFile
from imgcls.api.middleware.metrics import Metrics
from imgcls.api.problems import problem
from imgcls.images.canvas_strokes import Handwriting
from imgcls.images.files.checks import FORMATS_TEXT
from imgcls.inference import answering, batch
from imgcls.inference.batch import Item, Result
from imgcls.runs import Run
from imgcls.runs.results import ModelCard
from imgcls.runs.store import described

DRAWING = "strokes"
NO_LABEL = -1

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
async def predict(request: Request, run: str) -> JSONResponse:
    """The answer has one entry per image, the same as `imgcls predict --json` prints.

    The status is 422 if no image could be classified.
    """
    found = lookup.find_model(request, run)
    card = lookup.card_of(found)
    given = await bodies.images_or_strokes(request, lookup.settings_of(request).max_images)
    results = await anyio.to_thread.run_sync(classified, found, card, given, limiter=request.app.state.limiter)
    _count(request.app.state.metrics, found.id, results)
    entries = [batch.as_json(result, card.classes) for result in results]
    if all(result.answer is None for result in results):
        what = "The image" if len(results) == 1 else "None of the images"
        reason = f"{what} could be read: {results[0].problem}. Expected {FORMATS_TEXT} files."
        return problem(422, reason.replace("The image could", "The image could not"), images=entries)
    return JSONResponse({"run": found.id, "classes": card.classes, "images": entries})


def classified(run: Run, card: ModelCard, given: list[ImageFile] | Handwriting) -> list[Result]:
    """The results for image files or for a drawing.

    Raises:
        HTTPException: 422, the model does not read drawings.
        ImageError: the drawing is empty.
        RunError: the model is damaged.
    """
    if not isinstance(given, Handwriting):
        items = [Item(image.name, NO_LABEL, partial(_data, image)) for image in given]
        return list(batch.classified(run, card, items))
    if not card.is_ink:
        raise HTTPException(422, f"The model '{run.id}' does not read drawings. Send an image file.")
    return [Result(DRAWING, NO_LABEL, answering.answer(run, given, card=card))]


def _data(image: ImageFile) -> bytes:
    return image.data


def _count(metrics: Metrics, model: str, results: list[Result]) -> None:
    for result in results:
        outcome = "unreadable" if result.answer is None else "rejected" if result.answer.rejection else "accepted"
        metrics.images.labels(model, outcome).inc()
