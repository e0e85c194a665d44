"""The reference page of the environment variables: those that the code reads, as the README describes them.

The build fails if the code reads a variable that is described nowhere, or if a description has no variable.
"""

import re
from pathlib import Path

from docs.reference.settings import cell
from imgcls.api.settings import MAX_IMAGES, Settings
from imgcls.jobs import queue
from imgcls.system import paths

HEAD = """# Environment variables

The app, the command line and the Python API read these variables. All of them are optional. In a container,
[the deployment guide](../deploy/README.md) says which folders to keep.

| variable | description | default |
|---|---|---|
"""
STREAMLIT = """
The app is a Streamlit server, so every option of Streamlit works as well, such as `STREAMLIT_SERVER_PORT`. Without a
home folder that can be written to, caches go to a folder below the temporary files.
"""
NAME = re.compile(r"\bIMGCLS_[A-Z_]*[A-Z]\b")
ROW = re.compile(r"^\| `(IMGCLS_\w+)` \| (.*) \| (.*) \|$", re.MULTILINE)
SETTINGS = Settings()
OTHERS = {
    "IMGCLS_API": ("`on`: the app serves the REST API below `/api`", "off"),
    "IMGCLS_NODE": ("the name of this machine among those that share the runs folder", "the host name"),
    "IMGCLS_OUTAGE_SECONDS": ("how long a trainer waits for its folder to come back", "600"),
    "IMGCLS_CLUSTER_PYTHON": ("the Python that starts trainers on a cluster", "the app's"),
    "IMGCLS_SLURM": ("options of sbatch, such as `partition=gpu gres=gpu:1 time=120`", "none"),
    "IMGCLS_RAY_ADDRESS": ("the head of the Ray cluster", "`http://127.0.0.1:8265`"),
    "IMGCLS_RAY_TOKEN": ("its token", "none"),
    "IMGCLS_RAY_RESOURCES": ("what a training run needs from the Ray cluster, such as `cpu=2 gpu=1`", "`cpu=1`"),
    "IMGCLS_TICKET": ("set for a trainer: which start of the run it belongs to", "none"),
    "IMGCLS_TURNS": ("set to `off` for a trainer that has its place already", "none"),
    "IMGCLS_VERSIONS": ("set for a trainer: the versions that the app has, as JSON", "none"),
    "IMGCLS_API_TOKEN": ("the token that POST requests need", "none; `imgcls serve` prints a new one"),
    "IMGCLS_API_HOSTS": ("names of the server, separated by commas, besides localhost and IP addresses", "none"),
    "IMGCLS_API_MAX_MB": (
        f"largest body of one request, in MB; one request may hold {MAX_IMAGES} images",
        f"{SETTINGS.max_bytes / 1e6:g}",
    ),
    "IMGCLS_API_RATE": ("requests per second of one client, on average", f"{SETTINGS.rate:g}"),
    "IMGCLS_HOSTS": (
        "names of a shared server, separated by commas, besides localhost and IP addresses; `*`: any",
        "none",
    ),
    "IMGCLS_FRAMES": ("sites that may show a shared server in a frame, separated by spaces", "none but itself"),
    "IMGCLS_LIMITS": (
        "limits by role, such as `guest.tasks=2`: see [Share a server](../how-to/share-a-server.md)",
        "by role",
    ),
    "IMGCLS_UPLOADS_MB": ("the most that uploads of all visitors may take in memory, in MB", "1000"),
    "IMGCLS_MIN_DISK_MB": ("a shared server takes no new work with less free disk space, in MB", "1000"),
    "IMGCLS_MIN_MEMORY_MB": ("a shared server takes no new work with less free memory, in MB", "500"),
    "IMGCLS_OWNERS": ("e-mail addresses, separated by commas, that own the server after signing in", "none"),
    "IMGCLS_TEACHERS": ("the same for teachers", "none"),
    "IMGCLS_PSEUDO_LANGUAGE": (
        "`on`: offer a made-up right-to-left language, to see whether pages have room",
        "off",
    ),
    "IMGCLS_LOG_FORMAT": ("`json`: log one JSON object per line", "plain text"),
    "IMGCLS_IDLE_SECONDS": ("seconds without work after which the queue process ends", f"{queue.IDLE_SECONDS:g}"),
    "IMGCLS_HUNG_SECONDS": (
        "seconds without progress and without CPU time after which a suspended trainer is ended",
        f"{queue.HUNG_SECONDS:g}",
    ),
}
"""Variables for servers, which the README leaves to the deployment guides."""


def page() -> str:
    """The page as Markdown.

    Raises:
        ValueError: a variable is not described, or a described one does not exist.
    """
    root = paths.repository_folder()
    rows = {name: (text, default) for name, text, default in ROW.findall((root / "README.md").read_text("utf-8"))}
    rows |= OTHERS
    used = names_in(root / "imgcls")
    if used != set(rows):
        raise ValueError(f"Environment variables without description or use: {sorted(used ^ set(rows))}.")
    table = "".join(f"| `{name}` | {cell(text)} | {default} |\n" for name, (text, default) in rows.items())
    return HEAD + table + STREAMLIT


def names_in(folder: Path) -> set[str]:
    """The variables that the Python files in this folder name."""
    return {name for path in folder.rglob("*.py") for name in NAME.findall(path.read_text("utf-8"))}
