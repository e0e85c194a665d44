"""The reference page of the REST API: the routes of its OpenAPI description."""

import importlib
import pkgutil
from typing import Any

import imgcls
from docs.reference.settings import cell
from imgcls.api import in_app

HEAD = """# REST API

`imgcls serve` and, with `IMGCLS_API=on`, the app answer below `/api`. The running service has an interactive version of
this page at `/api/docs`, also offline. [Serve predictions over HTTP](../how-to/serve.md) has examples.
"""
MISSING = """
!!! note "Not generated"
    The routes are listed here if the packages of `imgcls[serve]` are installed where this site is built.
"""


def page() -> str:
    """The page as Markdown; without the extra `serve` it says what is missing."""
    if not in_app.is_installed():
        return HEAD + MISSING
    description = _description()
    parts = [HEAD, f"\n{description['info']['description']}\n"]
    for path, methods in sorted(description["paths"].items()):
        parts += [_route(path, method, facts) for method, facts in methods.items()]
    return "".join(parts)


def _route(path: str, method: str, facts: dict[str, Any]) -> str:
    text = facts.get("description", "")
    bodies = ", ".join(f"`{kind}`" for kind in facts.get("requestBody", {}).get("content", {}))
    rows = "".join(
        f"| {status} | {cell(answer['description'])} | {_fields(answer)} |\n"
        for status, answer in sorted(facts["responses"].items())
    )
    return (
        f"\n## {method.upper()} /api{path}\n\n{facts.get('summary', '')}."
        + (" Needs the token." if facts.get("security") else "")
        + (f"\n\n{text}" if text else "")
        + (f"\n\nBody: {bodies}." if bodies else "")
        + f"\n\n| status | meaning | fields |\n|---|---|---|\n{rows}"
    )


def _fields(answer: dict[str, Any]) -> str:
    schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
    return ", ".join(f"`{name}`" for name in schema.get("properties", {}))


def _description() -> dict[str, Any]:
    from fastapi import FastAPI

    from imgcls.api import openapi, routes

    api = FastAPI(title="imgcls", version=imgcls.__version__, description=openapi.DESCRIPTION)
    api.openapi_version = openapi.VERSION
    openapi.complete(api)
    for entry in pkgutil.iter_modules(routes.__path__):
        api.include_router(importlib.import_module(f"{routes.__name__}.{entry.name}").router)
    return api.openapi()
