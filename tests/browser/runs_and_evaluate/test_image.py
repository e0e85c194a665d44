"""The image view in a real browser: tiles open it, and its heat maps are drawn."""

import re

import numpy as np
from playwright.sync_api import expect

from tests.browser.support import steps


def test_a_tile_opens_the_image_view_with_heat_maps(visit, server):
    with np.load(server.runs / "sample" / "predictions.npz") as file:
        first = int(np.flatnonzero(file["labels"] != file["probabilities"].argmax(1))[0])
    page = visit(server, f"/evaluate?run=sample&view=Single%20image&image={first}")
    steps.shows(page, "Evaluate")
    tile = page.locator(".tiles a").first
    number = re.search(r"Test image (\d+):", tile.locator("img").get_attribute("alt"))[1]
    tile.click()
    page.wait_for_url(re.compile(rf"[?&]image={number}(&|$)"))
    expect(page.locator(f'.image-head img[alt^="Test image {number}:"]')).to_be_visible()
    for method in ("Grad-CAM", "Occlusion"):
        heat = page.locator(f'.heats img[alt^="{method} for"]')
        expect(heat).to_be_visible()
        assert heat.evaluate("image => image.complete && image.naturalWidth > 100")


def test_a_similar_training_image_can_be_excluded_in_place(visit, server):
    page = visit(server, "/evaluate?run=sample&view=Single%20image&image=1")
    steps.shows(page, "Evaluate")
    page.get_by_text("Does a training image have a wrong label?").click()
    expect(page.get_by_role("button", name="Exclude")).to_be_disabled()
    expect(page.locator('.st-key-similar-change .tiles img[alt^="#"]')).to_have_count(10)


def test_the_layers_of_a_model_are_shown_for_an_image(visit, server):
    page = visit(server, "/evaluate?run=sample&view=Activations&image=1")
    steps.shows(page, "Evaluate")
    sheet = page.locator('.numbered img[alt^="Activations of the layer block1_conv1"]')
    expect(sheet).to_be_visible()
    assert sheet.evaluate("image => image.complete && image.naturalWidth > 100")
    page.get_by_text("Statistics of all layers").click()
    expect(page.get_by_role("region", name="Statistics of all layers")).to_contain_text("block1_conv1")
