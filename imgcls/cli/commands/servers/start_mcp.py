"""`imgcls mcp`: an MCP server, so that an assistant can list runs, read scores, classify images and compare runs."""

from importlib.util import find_spec
from typing import Annotated

from cyclopts import Parameter

from imgcls.cli import exit_codes

INSTALL = 'The MCP server needs another package. Install it with: pip install "imgcls[mcp]"'


def start_mcp(
    *,
    allow_training: Annotated[
        bool,
        Parameter(
            negative="", show_default=False, help="Also offer tools that start, pause, resume and stop training runs."
        ),
    ] = False,
) -> int:
    """Offer runs, scores and predictions to an assistant over MCP (standard input and output). Read only by default.

    Example: imgcls mcp
    """
    if find_spec("mcp") is None:
        raise exit_codes.CommandError(INSTALL, exit_codes.FAILED)
    from imgcls.api import mcp_server

    mcp_server.create(may_train=allow_training).run("stdio")
    return exit_codes.OK
