"""What the documentation page says about bodies and answers: schemas of OpenAPI 3.0, and examples."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI

VERSION = "3.0.3"
"""Swagger UI 4, which comes with swagger-ui-bundle, reads no later one."""
DESCRIPTION = (
    "Classify images with your trained models, and follow and control training runs. Reading needs no token; POST "
    "needs the header `Authorization: Bearer TOKEN`. Every error has the same shape: `status`, `error` and `message`."
)
FILTER = "Words and conditions as on the Runs page, all of which must hold: `model=cnn test>0.9 learning_rate<=0.01`."
TEXT, NUMBER, COUNT, YES = {"type": "string"}, {"type": "number"}, {"type": "integer"}, {"type": "boolean"}
TOKEN = "token"


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def _list(of: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": of, **more}


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "nullable": True}


ERROR = _object(status=COUNT, error=TEXT, message=TEXT)
IMAGE = _object(
    file=TEXT,
    label=_or_null(TEXT),
    prediction={"description": "The class; for a multi-label model the list of its labels; null if it cannot be read."},
    probability=_or_null(NUMBER),
    correct=_or_null(YES),
    warning=_or_null(TEXT),
    problem=_or_null(TEXT),
    rejection=_or_null(_object(title=TEXT, text=TEXT)),
    notes=_list(TEXT, description="How the image was prepared."),
    probabilities=_or_null(_list(NUMBER, description="One for each class, in the order of `classes`.")),
)
PREDICTIONS = _object(run=TEXT, classes=_list(TEXT), images=_list(IMAGE))
RUN = _object(
    id=TEXT,
    name=TEXT,
    state=TEXT,
    created={"type": "string", "format": "date-time"},
    data=_or_null(TEXT),
    model=_or_null(TEXT),
    test_accuracy=_or_null(NUMBER),
    val_accuracy=_or_null(NUMBER),
    test_cross_entropy=_or_null(NUMBER),
    test_macro_f1=_or_null(NUMBER),
    parameters=_or_null(COUNT),
    training_seconds=_or_null(NUMBER | {"description": "Time spent in epochs."}),
    seconds=_or_null(NUMBER | {"description": "Total time: with loading, the evaluation on the test set and export."}),
    settings={"type": "object", "description": "By their names; empty if they cannot be read."},
    tags=_list(TEXT),
    metrics={"type": "object", "description": "The last value of each metric of the user's own."},
)
RUNS, MODELS = _object(runs=_list(RUN)), _object(models=_list(RUN))
MODEL = _object(
    **RUN["properties"],
    classes=_list(TEXT),
    input=_object(height=COUNT, width=COUNT, channels=COUNT),
    multilabel=YES,
    thresholds=_or_null(_list(NUMBER)),
    accepts_strokes=YES,
    dataset=TEXT,
    sha256=TEXT,
    answers=_object(weights=TEXT, sha256=TEXT, identical_predictions=NUMBER, compared_images=_or_null(COUNT)),
)
METRICS = _object(
    id=TEXT,
    state=TEXT,
    phase=_or_null(TEXT),
    plan=_object(),
    epochs=_list(_object(epoch=COUNT, loss=NUMBER, accuracy=NUMBER, val_loss=NUMBER, val_accuracy=NUMBER)),
    changes=_list(_object()),
    result=_or_null(_object()),
)
HEALTH = _object(status=TEXT, version=TEXT)
READY = _object(status=TEXT, models=_list(TEXT))

NEEDS_TOKEN: dict[str, Any] = {"security": [{TOKEN: []}]}
PREDICT_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": _object(files=_list({"type": "string", "format": "binary"})),
            },
            "image/*": {"schema": {"type": "string", "format": "binary"}},
            "application/json": {
                "schema": _object(
                    strokes=_list(
                        _list(NUMBER),
                        description="A list of x, y and pen width per stroke, on a canvas of 280 by 280, y downwards.",
                    )
                ),
                "example": {"strokes": [[80, 70, 20, 190, 70, 20], [190, 70, 20, 120, 220, 20]]},
            },
        },
    }
}
TRAIN_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": _object(settings=_object(), name=TEXT),
                "example": {"name": "First try", "settings": {"data": "mnist_sample", "model": "cnn", "epochs": 3}},
            }
        },
    }
}


def answers(schema: dict[str, Any], *errors: int, status: int = 200) -> dict[int | str, dict[str, Any]]:
    """The answers of a route: one that succeeds, and these errors."""
    found: dict[int | str, dict[str, Any]] = {status: _answer(status, schema)}
    return found | {error: _answer(error, ERROR) for error in errors}


def _answer(status: int, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": HTTPStatus(status).phrase, "content": {"application/json": {"schema": schema}}}


CHANGES_A_RUN: dict[str, Any] = {
    "responses": answers(RUN, 401, 404, 409, 429),
    "openapi_extra": NEEDS_TOKEN,
}


def complete(api: FastAPI) -> None:
    """Adds the token to the description, so that the documentation page can send it, and drops what cannot happen."""
    describe: Callable[[], dict[str, Any]] = api.openapi

    def completed() -> dict[str, Any]:
        description = describe()
        # FastAPI lists its own error for every parameter of a path; ours are texts, of which none is invalid.
        for methods in description["paths"].values():
            for route in methods.values():
                if "HTTPValidationError" in str(route["responses"].get("422")):
                    del route["responses"]["422"]
        description["components"] = {"securitySchemes": {TOKEN: {"type": "http", "scheme": "bearer"}}}
        return description

    api.openapi = completed  # type: ignore[method-assign]
