"""Starting, pausing, resuming and stopping training runs."""

from fastapi import APIRouter, HTTPException, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

from imgcls.api import actions, bodies, lookup, openapi
from imgcls.runs.index.described import described

router = APIRouter(tags=["runs"])


@router.post(
    "/runs",
    summary="Queue a training run",
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
        raise HTTPException(422, 'The "name" must be a string.')
    run = await run_in_threadpool(actions.begin, content.get("settings"), name)
    location = str(request.scope.get("root_path", "")) + f"/runs/{run.id}"
    return JSONResponse(described(run), 201, {"Location": location})


@router.post("/runs/{run}/pause", summary="Pause a training run", **openapi.CHANGES_A_RUN)
def pause(request: Request, run: str) -> JSONResponse:
    found = lookup.find_run(request, run)
    actions.pause(found)
    return JSONResponse(described(found))


@router.post("/runs/{run}/resume", summary="Resume a paused run", **openapi.CHANGES_A_RUN)
def resume(request: Request, run: str) -> JSONResponse:
    found = lookup.find_run(request, run)
    actions.resume(found)
    return JSONResponse(described(found))


@router.post("/runs/{run}/stop", summary="Stop a training run and keep its best epoch", **openapi.CHANGES_A_RUN)
def stop(request: Request, run: str) -> JSONResponse:
    """A queued run is only taken out of the queue."""
    found = lookup.find_run(request, run)
    actions.stop(found)
    return JSONResponse(described(found))
