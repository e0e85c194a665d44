"""`imgcls serve`: the REST API without the app, in a small process without Streamlit and TensorFlow."""

import contextlib
import os
import secrets
import sys
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter, validators
from cyclopts.types import Port

from imgcls import runs
from imgcls.api import in_app, settings
from imgcls.api.settings import Settings
from imgcls.cli import exit_codes
from imgcls.cli.commands.servers.start_app import free_port, is_free
from imgcls.runs import Run
from imgcls.system import json_logs

if TYPE_CHECKING:
    from imgcls.api.classifying import Classifier

DEFAULT_PORT = 8000
SHUTDOWN_SECONDS = 5
DEFAULT_WORKERS, MOST_WORKERS = 2, 64


def serve(
    run: Annotated[
        str | None, Parameter(help="Serve only this run (a folder or an ID), without training. Default: all runs.")
    ] = None,
    /,
    *,
    host: Annotated[
        str, Parameter(help="Address to listen on. 0.0.0.0 lets other computers in your network connect.")
    ] = "127.0.0.1",
    port: Annotated[Port, Parameter(help="Port of the server.")] = DEFAULT_PORT,
    token: Annotated[
        str | None,
        Parameter(
            show_default=False,
            help="Token that POST requests need. Prefer IMGCLS_API_TOKEN: other users can see the command line. "
            "Without either, a new one is printed.",
        ),
    ] = None,
    workers: Annotated[
        int,
        Parameter(
            validator=validators.Number(gte=0, lte=MOST_WORKERS),
            help="Processes that classify, about 85 MB each. 0: in the server's own process.",
        ),
    ] = min(os.cpu_count() or 1, DEFAULT_WORKERS),
    json_lines: Annotated[
        bool, Parameter(name="--json-logs", negative="", show_default=False, help="Log one JSON object per line.")
    ] = False,
) -> int:
    """Start a REST API that classifies images. Documentation at /api/docs. Ctrl-C ends it.

    Example: imgcls serve digits --port 8000

    Example: imgcls serve --host 0.0.0.0 --json-logs
    """
    if not in_app.is_installed():
        raise exit_codes.CommandError(in_app.INSTALL, exit_codes.FAILED)
    chosen = None if run is None else _found(run)
    with exit_codes.exits_with(exit_codes.USAGE):
        wanted = settings.from_environment(run=chosen, **({"token": token} if token else {}))
    if not is_free(host, port):
        free = free_port(host, port + 1)
        raise exit_codes.CommandError(f"Port {port} is in use. Port {free} is free: --port {free}", exit_codes.IN_USE)
    if not wanted.token:
        made = secrets.token_urlsafe()
        wanted = settings.from_environment(run=chosen, token=made)
        print(f"No token was set. This one is valid until the server ends: {made}", file=sys.stderr)
    json_logs.install(as_json=json_lines or json_logs.are_wanted())
    from imgcls.api.classifying.here import Here
    from imgcls.api.classifying.pool import Pool

    with contextlib.closing(Pool(workers) if workers else Here()) as classifier:
        if chosen:
            classifier.load(chosen)
        _announce(wanted, host, port)
        _listen(wanted, classifier, host, port)
    return exit_codes.OK


def _found(argument: str) -> Run:
    with exit_codes.exits_with(exit_codes.NOT_FOUND):
        run = runs.run_from_argument(argument)
    assert run.card  # or an error now, instead of at the first request
    return run


def _announce(wanted: Settings, host: str, port: int) -> None:
    models = [wanted.run] if wanted.run else [run for run in runs.all_runs() if run.is_ready]
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}/api"
    print(f"Serving {len(models)} model{'s' if len(models) != 1 else ''} at {address} (documentation: {address}/docs)")
    if models:
        header = '-H "Authorization: Bearer $IMGCLS_API_TOKEN"'
        print(f"Try: curl {header} -F files=@photo.png {address}/models/{models[0].id}/predict", flush=True)


def _listen(wanted: Settings, classifier: "Classifier", host: str, port: int) -> None:
    import uvicorn
    from starlette.applications import Starlette
    from starlette.responses import RedirectResponse
    from starlette.routing import Route

    from imgcls.api import application

    docs = Route("/", lambda request: RedirectResponse(f"{application.PREFIX}/docs"))
    server = uvicorn.Server(
        uvicorn.Config(
            Starlette(routes=[application.mounted(wanted, classifier), docs]),
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            server_header=False,
            # Only a proxy that was named may say who the client is: the rate limit depends on it.
            proxy_headers="FORWARDED_ALLOW_IPS" in os.environ,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        )
    )
    try:
        server.run()
    except KeyboardInterrupt:
        print("\nThe server has ended.", file=sys.stderr)
