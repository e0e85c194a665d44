"""Runs and their metrics, read only."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import JSONResponse

from imgcls.api import descriptions, lookup, openapi
from imgcls.runs.index.described import described

router = APIRouter(tags=["runs"])


@router.get(
    "/runs", summary="All runs, newest first, or those that match", responses=openapi.answers(openapi.RUNS, 422)
)
def all_runs(request: Request, q: Annotated[str, Query(description=openapi.FILTER)] = "") -> JSONResponse:
    return JSONResponse({"runs": [described(run) for run in lookup.all_runs(request, q)]})


@router.get("/runs/{run}", summary="One run", responses=openapi.answers(openapi.RUN, 404))
def one_run(request: Request, run: str) -> JSONResponse:
    return JSONResponse(described(lookup.find_run(request, run)))


@router.get("/runs/{run}/metrics", summary="Epochs and scores", responses=openapi.answers(openapi.METRICS, 404))
def metrics(request: Request, run: str) -> JSONResponse:
    return JSONResponse(descriptions.metrics(lookup.find_run(request, run)))
