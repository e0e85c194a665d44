"""Starting, pausing, resuming and stopping trainings."""

import importlib.util

from fastapi import APIRouter, HTTPException, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

from imgcls import datasets, jobs
from imgcls.api import bodies, lookup, openapi
from imgcls.config import Config
from imgcls.runs import Run
from imgcls.runs.metrics_log import ENDING, Curves
from imgcls.runs.store import described

OPEN = ("queued", "starting", "running", "paused")

router = APIRouter(tags=["runs"])


@router.post(
    "/runs",
    summary="Queue a training",
    status_code=201,
    responses=openapi.answers(openapi.RUN, 400, 401, 413, 415, 422, 429, 501, status=201),
    openapi_extra=openapi.TRAIN_BODY | openapi.NEEDS_TOKEN,
)
async def begin(request: Request) -> JSONResponse:
    """`settings` are those of a run's config.json; what is missing has its default."""
    content = await bodies.json_object(request)
    unknown = sorted(set(content) - {"settings", "name"})
    if unknown:
        raise HTTPException(422, f'Unknown entry \'{unknown[0][:40]}\'. Expected "settings" and "name".')
    name = content.get("name", "")
    if not isinstance(name, str):
        raise HTTPException(422, 'The "name" must be a text.')
    run = await run_in_threadpool(_begun, content.get("settings"), name)
    location = str(request.scope.get("root_path", "")) + f"/runs/{run.id}"
    return JSONResponse(described(run), 201, {"Location": location})


@router.post("/runs/{run}/pause", summary="Pause a training", **openapi.CHANGES_A_RUN)
def pause(request: Request, run: str) -> JSONResponse:
    found = lookup.find_run(request, run)
    state = found.state
    if state == "running" and (phase := Curves(found.folder / "metrics.jsonl").refresh().phase) in ENDING:
        state = phase
    if state not in ("starting", "running") or found.request.stop:
        what = "stopping" if found.request.stop else state
        raise HTTPException(409, f"Only a training in progress can be paused; this run is {what}.")
    found.send_request(pause=True)
    return JSONResponse(described(found))


@router.post("/runs/{run}/resume", summary="Continue a paused training", **openapi.CHANGES_A_RUN)
def resume(request: Request, run: str) -> JSONResponse:
    found = lookup.find_run(request, run)
    if found.state not in ("running", "paused"):
        raise HTTPException(409, f"Only a paused training can be resumed; this run is {found.state}.")
    jobs.start(found)
    return JSONResponse(described(found))


@router.post("/runs/{run}/stop", summary="Stop a training and keep its best epoch", **openapi.CHANGES_A_RUN)
def stop(request: Request, run: str) -> JSONResponse:
    """A queued run is only taken out of the queue."""
    found = lookup.find_run(request, run)
    if found.state not in OPEN:
        raise HTTPException(409, f"This run is not training: it is {found.state}.")
    jobs.stop(found)
    return JSONResponse(described(found))


def _begun(settings: object, name: str) -> Run:
    config = Config.from_dict(settings)
    datasets.facts(config.data)
    if importlib.util.find_spec("keras") is None:
        raise HTTPException(501, "This server cannot train: TensorFlow and Keras are not installed.")
    if not datasets.is_ready(config.data):
        raise HTTPException(
            422, f"The dataset '{config.data}' is not prepared. On the server, run: imgcls prepare {config.data}"
        )
    return jobs.begin(config, name)
