"""The REST API as an ASGI application, mounted below /api: by `imgcls serve`, and by the app if it is switched on."""

import logging

from fastapi import FastAPI
from starlette.routing import Mount
from starlette.types import ASGIApp

import imgcls
from imgcls.api import openapi, problems
from imgcls.api.classifying import Classifier
from imgcls.api.classifying.here import Here
from imgcls.api.middleware.guards import Guards
from imgcls.api.middleware.metrics import Metrics
from imgcls.api.middleware.request_log import RequestLog
from imgcls.api.routes import health, models, runs, training
from imgcls.api.settings import Settings

PREFIX = "/api"


def create(settings: Settings, classifier: Classifier | None = None) -> ASGIApp:
    """The application with its guards; addresses are relative to where it is mounted.

    Without a `classifier`, predictions are computed in this process.
    """
    logging.getLogger("imgcls").setLevel(logging.INFO)
    api = FastAPI(
        title="imgcls",
        version=imgcls.__version__,
        description=openapi.DESCRIPTION,
        docs_url=None,  # its page loads scripts from another server; ours is in routes/health.py
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    api.openapi_version = openapi.VERSION
    api.state.settings, api.state.metrics = settings, Metrics()
    api.state.classifier = classifier or Here()
    problems.install(api)
    openapi.complete(api)
    for routes in (models, runs, training, health):
        if settings.run is None or routes is not training:
            api.include_router(routes.router)
    return RequestLog(Guards(api, settings), api.state.metrics)


def mounted(settings: Settings, classifier: Classifier | None = None) -> Mount:
    """The application as a route of another one."""
    return Mount(PREFIX, app=create(settings, classifier))
