"""A picture's own view in a real browser: tiles lead to it, and its heat maps are painted."""

import re

import numpy as np
from playwright.sync_api import expect

from browser import steps


def test_a_tile_leads_to_its_pictures_own_view_with_heat_maps(visit, server):
    with np.load(server.runs / "sample" / "predictions.npz") as file:
        first = int(np.flatnonzero(file["labels"] != file["probabilities"].argmax(1))[0])
    page = visit(server, f"/evaluate?run=sample&view=Picture&picture={first}")
    steps.shows(page, "Evaluate")
    tile = page.locator(".tiles a").first
    number = re.search(r"Test picture (\d+):", tile.locator("img").get_attribute("alt"))[1]
    tile.click()
    page.wait_for_url(re.compile(rf"[?&]picture={number}(&|$)"))
    expect(page.locator(f'.asked img[alt^="Test picture {number}:"]')).to_be_visible()
    for method in ("Grad-CAM", "Occlusion"):
        heat = page.locator(f'.heats img[alt^="{method} for"]')
        expect(heat).to_be_visible()
        assert heat.evaluate("image => image.complete && image.naturalWidth > 100")
