"""Figures are saved from a page as PNG, SVG and PDF, without a network."""

import xml.etree.ElementTree as ElementTree
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

from tests.browser.support import steps

CAMERA = '.modebar-btn[data-title^="Download plot"]'


def saved(page: Page, name: str, folder: Path) -> Path:
    """The file that the first figure is saved as."""
    plot = page.locator(".js-plotly-plot").first
    plot.hover()
    plot.locator(CAMERA).click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name=name).click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def test_a_figure_is_saved_as_png_svg_and_pdf(visit, server, tmp_path):
    page = visit(server, "/evaluate?run=sample&view=Curves%20%26%20calibration")
    steps.shows(page, "Evaluate")
    page.locator(".js-plotly-plot .modebar").first.wait_for(state="attached")

    svg = ElementTree.fromstring(saved(page, "SVG", tmp_path).read_text("utf-8"))
    width, height = float(svg.get("width")), float(svg.get("height"))
    assert svg[0].tag.endswith("rect") and svg[0].get("fill").startswith("rgb")  # the page's background

    with Image.open(saved(page, "PNG", tmp_path)) as image:
        assert image.size == (int(3 * width), int(3 * height)) and len(image.getcolors(1 << 20)) > 10

    pdf = saved(page, "PDF", tmp_path).read_bytes()
    assert pdf.startswith(b"%PDF-") and b"/BaseFont /Helvetica" in pdf
    assert f"/MediaBox [0 0 {int(0.75 * width)}" in pdf.decode("latin-1")
    assert b"/Subtype /Image" not in pdf  # lines and text, no pixels


def test_a_figure_of_html_is_saved_as_png_svg_and_pdf(visit, server, tmp_path):
    page = visit(server, "/evaluate?run=sample")
    steps.shows(page, "Evaluate")
    figure = page.locator('[data-figure="confidence"]')
    figure.locator(".bars button i").first.wait_for(state="attached")

    def save(name: str) -> Path:
        figure.hover()
        figure.locator(".figure-camera").click()
        with page.expect_download() as download:
            page.get_by_role("menuitem", name=name).click()
        path = tmp_path / download.value.suggested_filename
        download.value.save_as(path)
        return path

    path = save("SVG")
    assert path.name == "confidence.svg"
    svg = ElementTree.fromstring(path.read_text("utf-8"))
    box = figure.bounding_box()
    assert abs(float(svg.get("width")) - box["width"] - 24) < 1  # with a margin
    texts = [element.text for element in svg.iter("{http://www.w3.org/2000/svg}text")]
    assert {"correct", "incorrect", "confidence, %", "0", "20", "100"} <= set(texts) and "⤓" not in texts
    bars = [one for one in svg.iter("{http://www.w3.org/2000/svg}rect") if float(one.get("height").strip("%")) > 2]
    assert len(bars) > 5
    with Image.open(save("PNG")) as image:
        assert abs(image.width - 3 * (box["width"] + 24)) < 4 and len(image.getcolors(1 << 20)) > 10
    pdf = save("PDF").read_bytes()
    assert pdf.startswith(b"%PDF-") and b"/Subtype /Image" not in pdf


def test_the_menu_closes_and_the_matrix_is_a_figure(visit, server, tmp_path):
    page = visit(server, "/evaluate?run=sample")
    steps.shows(page, "Evaluate")
    page.get_by_text("Figure for a paper").click()
    plot = page.locator(".js-plotly-plot").first
    plot.locator(CAMERA).wait_for(state="attached")
    plot.hover()
    plot.locator(CAMERA).click()
    page.get_by_role("menuitem", name="PDF").wait_for()
    page.keyboard.press("Escape")
    assert page.get_by_role("menu", name="Save the figure as").count() == 0
    assert saved(page, "PDF", tmp_path).name == "confusion-matrix.pdf"
