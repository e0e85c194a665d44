"""The service itself: health, readiness, metrics, and a documentation page that works offline."""

from pathlib import Path

from fastapi import APIRouter, HTTPException, Request
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response

import imgcls
from imgcls import sharing
from imgcls.api import lookup, openapi
from imgcls.api.middleware import metrics
from imgcls.api.problems import problem
from imgcls.errors import UserError
from imgcls.sharing import Action
from imgcls.system import paths

PAGE_FILES = ("swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png")

router = APIRouter(tags=["service"])


@router.get("/health", summary="Whether the process answers", responses=openapi.answers(openapi.HEALTH))
def health() -> JSONResponse:
    return JSONResponse({"status": "ok", "version": imgcls.__version__})


@router.get("/ready", summary="Whether it can classify", responses=openapi.answers(openapi.READY, 503))
async def ready(request: Request) -> JSONResponse:
    only = lookup.settings_of(request).run
    try:
        if only is not None:
            await request.app.state.classifier.check(only)
    except UserError as error:
        return problem(503, str(error))
    found = await run_in_threadpool(lookup.all_runs, request)
    if not found and not paths.runs_folder().is_dir():
        return problem(503, "There is no folder with runs.")
    return JSONResponse({"status": "ready", "models": [run.id for run in found if run.is_ready]})


@router.get("/metrics", summary="Metrics for Prometheus", response_class=Response)
def prometheus(request: Request) -> Response:
    sharing.require(Action.READ_METRICS)
    return Response(request.app.state.metrics.text(), media_type=metrics.CONTENT_TYPE)


@router.get("/docs", include_in_schema=False)
def docs(request: Request) -> HTMLResponse:
    root = request.scope.get("root_path", "")
    script, style, icon = (f"{root}/docs/{name}" for name in PAGE_FILES)
    return get_swagger_ui_html(
        openapi_url=f"{root}/openapi.json",
        title="imgcls API",
        swagger_js_url=script,
        swagger_css_url=style,
        swagger_favicon_url=icon,
    )


@router.get("/docs/{name}", include_in_schema=False)
def page_file(name: str) -> FileResponse:
    from swagger_ui_bundle import swagger_ui_path

    if name not in PAGE_FILES:
        raise HTTPException(404)
    return FileResponse(Path(swagger_ui_path) / name, headers={"Cache-Control": "max-age=86400"})
