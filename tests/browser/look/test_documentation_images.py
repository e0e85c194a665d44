"""The images of the documentation show the pages as they are; `docs/shots.py` says how to take them again."""

import os
import re
from collections.abc import Iterator

import pytest

from docs import shots
from imgcls.system import paths
from tests.browser.conftest import shipped_runs
from tests.browser.support import steps
from tests.browser.support.server import Server

DOCS = paths.repository_folder() / "docs"


@pytest.fixture(scope="module")
def new_server(make_server) -> Iterator[Server]:
    """A server as it is after the installation: with the runs that ship and no others."""
    server = make_server(IMGCLS_STANDBY="off")
    for run in shipped_runs():
        server.add(run)
    yield server.start()
    server.close()


@pytest.mark.parametrize("name", shots.SHOTS)
def test_an_image_shows_the_page_as_it_is(name, visit, new_server):
    shot = shots.SHOTS[name]
    page = visit(new_server, shot.address, viewport={"width": 1280, "height": shot.height}, color_scheme=shot.scheme)
    steps.main(page).locator("h1").first.wait_for()
    steps.settled(page)
    if shot.act:
        shot.act(page)
    page.wait_for_timeout(500)  # components that are loaded last
    steps.settled(page)
    if os.environ.get("IMGCLS_DOC_IMAGES") == "write":
        page.wait_for_timeout(1500)  # images fade in
        shots.write(name, page)
    assert shots.outline(page) == shots.outlines()[name], f"docs/images/pages/{name}.webp is stale: see docs/shots.py"


def test_every_image_is_used_and_every_used_image_exists():
    texts = "".join(path.read_text("utf-8") for path in DOCS.rglob("*.md"))
    used = set(re.findall(r"images/pages/([a-z]+)\.webp", texts))
    assert used == set(shots.SHOTS) == set(shots.outlines()) == {path.stem for path in shots.IMAGES.glob("*.webp")}
