"""The selection on the Evaluate page: clicked cells and bars, and a lasso, select the images beside them."""

import re

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.support import steps
from tests.browser.support.server import wait_until


@pytest.fixture
def predictions(server) -> np.ndarray:
    """The confusion matrix of the sample run: true classes in rows, predictions in columns."""
    with np.load(server.runs / "sample" / "predictions.npz") as file:
        labels, predicted = file["labels"], file["probabilities"].argmax(1)
    matrix = np.zeros((10, 10), int)
    np.add.at(matrix, (labels, predicted), 1)
    return matrix


def evaluate(visit, server, query: str = "") -> Page:
    page = visit(server, f"/evaluate?run=sample{query}")
    steps.shows(page, "Evaluate")
    return page


def click_cell(page: Page, true: int, predicted: int) -> None:
    """Clicks the centre of a cell of a ten-class matrix."""
    field = page.locator(".matrix .field")
    box = field.bounding_box()
    field.click(position={"x": (predicted + 0.5) * box["width"] / 10, "y": (true + 0.5) * box["height"] / 10})


def numbers(page: Page) -> list[str]:
    """The numbers in the matrix cells."""
    return page.locator(".matrix .field b").all_inner_texts()


def test_clicking_a_matrix_cell_shows_exactly_its_images(visit, server, predictions):
    mistakes = predictions * ~np.eye(10, dtype=bool)
    true, predicted = (int(place) for place in np.unravel_index(mistakes.argmax(), mistakes.shape))
    page = evaluate(visit, server)
    steps.settled(page)
    place = page.locator(".matrix .field").bounding_box()
    click_cell(page, true, predicted)
    page.wait_for_url(re.compile(rf"[?&]cell={true}-{predicted}(&|$)"))
    expect(page.locator(".st-key-active-filters button").first).to_be_visible()
    assert page.locator(".matrix .field").bounding_box() == place, "it stays under the pointer"
    for _ in range(2):
        steps.settled(page)
        images = page.locator(".tiles img")
        expect(images).to_have_count(int(mistakes.max()))
        for image in images.all():
            assert f"true class {true}, predicted {predicted} " in image.get_attribute("alt")
        expect(steps.button(page, f"{true} → {predicted}")).to_be_visible()
        expect(page.get_by_role("button", name=re.compile("^Pin .*to the golden set")).first).to_be_visible()
        page.reload()
        steps.shows(page, "Evaluate")
    assert f"cell={true}-{predicted}" in page.url


def test_the_names_of_the_columns_are_in_sight_before_the_end_of_the_matrix_is(visit, server):
    page = evaluate(visit, server)
    steps.settled(page)
    field = page.locator(".matrix .field").bounding_box()
    page.set_viewport_size({"width": 1280, "height": round(field["y"] + field["height"] / 2)})
    names = page.locator(".matrix .columns").bounding_box()
    assert names["y"] + names["height"] <= page.viewport_size["height"] + 1, (field, names)
    expect(page.locator(".matrix.cut")).to_be_visible()  # rows fade into the names


def test_rows_do_not_fade_where_the_matrix_fits(visit, server):
    page = evaluate(visit, server)
    page.set_viewport_size({"width": 1280, "height": 1000})
    steps.settled(page)
    expect(page.locator(".matrix:not(.cut)")).to_be_visible()


def test_all_rows_of_ten_classes_are_above_the_names_on_a_laptop_screen(visit, server):
    page = evaluate(visit, server)
    page.set_viewport_size({"width": 1280, "height": 720})
    steps.settled(page)
    field = page.locator(".matrix .field").bounding_box()
    names = page.locator(".matrix .columns").bounding_box()
    assert field["y"] + field["height"] <= names["y"] + 1, (field, names)
    axis = page.locator(".matrix .predicted").bounding_box()
    assert names["y"] + names["height"] <= axis["y"] + axis["height"] <= 720, (names, axis)
    expect(page.locator(".matrix:not(.cut)")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_more_errors_stand_out_more_and_every_number_is_readable(visit, server, scheme):
    page = visit(server, "/evaluate?run=sample", color_scheme=scheme)
    steps.shows(page, "Evaluate")
    steps.settled(page)
    cells = page.locator(".matrix .field b").evaluate_all(COLOURS_OF_CELLS)
    background = luminance(page.locator(".stApp").evaluate("app => getComputedStyle(app).backgroundColor"))
    for _text, ink, tint in cells:
        lighter, darker = sorted((luminance(ink), luminance(tint)), reverse=True)
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5, (ink, tint)
    errors = sorted((int(text), abs(luminance(tint) - background)) for text, _ink, tint in cells if int(text) < 40)
    assert errors[0][0] < errors[-1][0]
    assert errors[0][1] < errors[-1][1]


COLOURS_OF_CELLS = """cells => cells.map(cell => {
    const style = getComputedStyle(cell);
    return [cell.textContent, style.color, style.backgroundColor];
})"""


def luminance(colour: str) -> float:
    """Relative luminance of an `rgb(…)`, as WCAG 2.2 defines it."""
    values = [int(one) / 255 for one in re.findall(r"\d+", colour)[:3]]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in values]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_a_diagonal_cell_and_then_all_errors_can_be_shown(visit, server, predictions):
    page = evaluate(visit, server)
    click_cell(page, 3, 3)
    page.wait_for_url(re.compile("[?&]cell=3-3"))
    expect(page.locator(".tiles img").first).to_have_attribute("alt", re.compile("true class 3, predicted 3 "))
    page.locator(".st-key-predictions-shown").get_by_role("radio", name="Errors").click()
    steps.button(page, "3 → 3").click()
    wrong = int(predictions.sum() - np.trace(predictions))
    expect(steps.main(page)).to_contain_text(f"{wrong} images")
    assert "cell=" not in page.url
    for image in page.locator(".tiles img").all():
        true, answer = re.search(r"true class (\d), predicted (\d)", image.get_attribute("alt")).groups()
        assert true != answer


def test_the_matrix_shows_counts_or_fractions_and_errors_only(visit, server, predictions):
    page = evaluate(visit, server)
    filled = predictions > 0
    mistakes = filled & ~np.eye(10, dtype=bool)
    wait_until(lambda: sorted(numbers(page)) == sorted(map(str, predictions[filled])), what="counts")
    page.get_by_text("Errors only", exact=True).click()
    wait_until(lambda: sorted(numbers(page)) == sorted(map(str, predictions[mistakes])), what="counts of mistakes")
    page.get_by_role("radio", name="Fractions").click()
    fractions = 100 * predictions / predictions.sum(axis=1, keepdims=True)
    wait_until(
        lambda: sorted(numbers(page)) == sorted(f"{fraction:.1f}%" for fraction in fractions[mistakes]),
        what="shares of mistakes",
    )


def test_every_cell_can_be_selected_and_deselected_with_the_keyboard(visit, server, predictions):
    page = evaluate(visit, server)
    field = page.get_by_role("application", name="Confusion matrix of 10 classes.")
    field.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowRight"):
        page.keyboard.press(key)
    fraction = 100 * predictions[2, 1] / predictions[2].sum()
    images = f"{predictions[2, 1]} image{'' if predictions[2, 1] == 1 else 's'}"
    expect(page.locator(".matrix .announced")).to_have_text(f"true 2, predicted 1: {images} ({fraction:.1f}% of 2)")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("[?&]cell=2-1"))
    expect(page.locator(".matrix .frame.chosen")).to_be_visible()
    steps.settled(page)
    expect(field).to_be_focused()  # although the selection added elements above it
    page.keyboard.press("Escape")
    expect(page.locator(".matrix .frame.chosen")).to_be_hidden()
    page.wait_for_url(lambda url: "cell=" not in url)


def test_clicking_the_selected_cell_again_deselects_it(visit, server):
    page = evaluate(visit, server, "&cell=4-4")
    expect(page.locator(".matrix .frame.chosen")).to_be_visible()
    click_cell(page, 4, 4)
    page.wait_for_url(lambda url: "cell=" not in url)
    expect(page.locator(".matrix .frame.chosen")).to_be_hidden()


def test_a_histogram_bar_filters_matrix_and_scores_and_the_url_can_be_shared(visit, server):
    with np.load(server.runs / "sample" / "predictions.npz", allow_pickle=False) as file:
        probabilities, labels = file["probabilities"], file["labels"]
    sure, predicted = probabilities.max(1), probabilities.argmax(1)
    low = next(low for low in range(50, 100, 5) if ((100 * sure >= low) & (100 * sure < low + 5)).sum() > 1)
    left = (100 * sure >= low) & (100 * sure < low + 5)
    page = evaluate(visit, server)
    page.get_by_role("button", name=f"confidence {low}–{low + 5}%: ").click()
    page.wait_for_url(re.compile(rf"[?&]confidence={low}-{low + 5}(&|$)"))
    right = int((predicted == labels)[left].sum())
    for seen in (page, visit(server, page.url.removeprefix(server.url))):
        steps.shows(seen, "Evaluate")
        expect(steps.main(seen)).to_contain_text(f"From {left.sum()} of 1,000 test images")
        expect(steps.main(seen)).to_contain_text(f"{100 * right / left.sum():.1f}%")
        wait_until(lambda seen=seen: sum(map(int, numbers(seen))) == left.sum(), what="the matrix of the selection")
        pressed = seen.locator(".confidence [aria-pressed=true]")
        expect(pressed).to_have_attribute("aria-label", re.compile(f"^confidence {low}–{low + 5}%"))
        expect(seen.locator(".tiles img")).to_have_count(min(int(left.sum()), 20))
    steps.button(page, f"confidence {low}–{low + 5}%").click()
    expect(steps.main(page)).to_contain_text("From 1,000 held-out test images")


def test_a_lasso_on_the_map_selects_the_images_inside(visit, server):
    page = evaluate(visit, server, "&panel=Map")
    page.wait_for_function("() => document.querySelector('.js-plotly-plot')?._fullLayout.dragmode == 'lasso'")
    steps.settled(page)
    plot = page.locator(".js-plotly-plot").first
    plot.scroll_into_view_if_needed()
    x, y, width, height = page.evaluate(
        """() => {
            const plot = document.querySelector('.js-plotly-plot'), box = plot.getBoundingClientRect();
            const {xaxis, yaxis} = plot._fullLayout;
            return [box.x + xaxis._offset, box.y + yaxis._offset, xaxis._length, yaxis._length];
        }"""
    )
    page.mouse.move(x + 0.02 * width, y + 0.02 * height)
    page.mouse.down()
    for right, down in ((0.5, 0.02), (0.5, 0.98), (0.02, 0.98), (0.02, 0.05)):
        page.mouse.move(x + right * width, y + down * height, steps=8)
    page.mouse.up()
    page.wait_for_url(re.compile(r"[?&]area=\d"))
    steps.settled(page)
    text = steps.main(page).inner_text()
    left = int(re.search(r"From ([\d,]+) of 1,000 test images", text)[1].replace(",", ""))
    assert 0 < left < 1000
    page.reload()
    steps.shows(page, "Evaluate")
    expect(steps.main(page)).to_contain_text(f"From {left} of 1,000 test images")


def test_a_link_to_another_view_keeps_the_session_and_back_returns(visit, server):
    page = evaluate(visit, server, "&predictions=wrong")
    page.evaluate(
        """() => {
            window.visit = 1;
            const link = document.createElement('a');
            [link.href, link.textContent] = ['?run=sample&view=Per%20class&predictions=wrong', 'To the classes'];
            document.querySelector('.stHtml .tiles').append(link);
        }"""
    )
    page.get_by_text("To the classes").click()
    expect(steps.main(page)).to_contain_text("Classification report")
    expect(steps.button(page, "errors")).to_be_visible()
    page.go_back()
    expect(steps.main(page)).to_contain_text("Most frequent errors")
    assert page.evaluate("window.visit") == 1
