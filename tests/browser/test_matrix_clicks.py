"""Linked views on the Evaluate page: clicked cells and bars, and drawn lines, select the pictures beside them."""

import re

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from browser import steps
from browser.server import wait_until

CELL_ON_SCREEN = """([true_class, predicted]) => {
    const plot = document.querySelector('.js-plotly-plot');
    const box = plot.getBoundingClientRect(), {xaxis, yaxis} = plot._fullLayout;
    return [box.x + xaxis._offset + xaxis.d2p(predicted), box.y + yaxis._offset + yaxis.d2p(true_class)];
}"""


@pytest.fixture
def answers(server) -> np.ndarray:
    """The confusion matrix of the sample run: true classes down, answers across."""
    with np.load(server.runs / "sample" / "predictions.npz") as file:
        labels, predicted = file["labels"], file["probabilities"].argmax(1)
    matrix = np.zeros((10, 10), int)
    np.add.at(matrix, (labels, predicted), 1)
    return matrix


def evaluate(visit, server, query: str = "") -> Page:
    page = visit(server, f"/evaluate?run=sample{query}")
    steps.shows(page, "Evaluate")
    page.wait_for_function("() => document.querySelector('.js-plotly-plot')?._fullLayout")
    return page


def test_a_click_on_a_cell_of_the_matrix_shows_exactly_its_pictures(visit, server, answers):
    mistakes = answers * ~np.eye(10, dtype=bool)
    true, predicted = (int(place) for place in np.unravel_index(mistakes.argmax(), mistakes.shape))
    page = evaluate(visit, server)
    page.locator(".js-plotly-plot").first.scroll_into_view_if_needed()
    page.mouse.click(*page.evaluate(CELL_ON_SCREEN, [true, predicted]))
    page.wait_for_url(re.compile(rf"[?&]cell={true}-{predicted}(&|$)"))
    for _ in range(2):
        steps.settled(page)
        pictures = page.locator(".tiles img")
        expect(pictures).to_have_count(int(mistakes.max()))
        for picture in pictures.all():
            assert f"true class {true}, answer {predicted} " in picture.get_attribute("alt")
        expect(steps.button(page, f"{true} → {predicted}")).to_be_visible()
        page.reload()
        steps.shows(page, "Evaluate")
    assert f"cell={true}-{predicted}" in page.url


def test_the_cell_of_a_right_answer_and_then_all_mistakes_can_be_looked_at(visit, server, answers):
    page = evaluate(visit, server)
    page.locator(".js-plotly-plot").first.scroll_into_view_if_needed()
    page.mouse.click(*page.evaluate(CELL_ON_SCREEN, [3, 3]))
    page.wait_for_url(re.compile("[?&]cell=3-3"))
    expect(page.locator(".tiles img").first).to_have_attribute("alt", re.compile("true class 3, answer 3 "))
    page.get_by_role("radio", name="Wrong").click()
    steps.button(page, "3 → 3").click()
    wrong = int(answers.sum() - np.trace(answers))
    expect(steps.main(page)).to_contain_text(f"{wrong} pictures;")
    assert "cell=" not in page.url
    for picture in page.locator(".tiles img").all():
        true, answer = re.search(r"true class (\d), answer (\d)", picture.get_attribute("alt")).groups()
        assert true != answer


def test_the_matrix_shows_counts_or_shares_and_errors_only(visit, server, answers):
    page = evaluate(visit, server)
    texts = "() => [...document.querySelectorAll('.js-plotly-plot')[0].querySelectorAll('.textpoint')]" + (
        ".map(text => text.textContent).filter(Boolean)"
    )

    def shown() -> list[str]:
        return sorted(page.evaluate(texts))

    filled = answers > 0
    mistakes = filled & ~np.eye(10, dtype=bool)
    wait_until(lambda: shown() == sorted(map(str, answers[filled])), what="counts")
    page.get_by_text("Errors only", exact=True).click()
    wait_until(lambda: shown() == sorted(map(str, answers[mistakes])), what="counts of mistakes")
    page.get_by_role("radio", name="Shares").click()
    shares = 100 * answers / answers.sum(axis=1, keepdims=True)
    wait_until(lambda: shown() == sorted(f"{share:.1f} %" for share in shares[mistakes]), what="shares of mistakes")


BARS = """() => [...document.querySelectorAll('.js-plotly-plot')]
    .find(plot => plot._fullData && plot._fullData.some(of => of.type == 'bar'))"""
COUNTED = "() => document.querySelector('.js-plotly-plot')._fullData.at(-1).text.reduce((sum, text) => sum + +text, 0)"


def test_a_bar_narrows_the_matrix_and_the_scores_and_the_url_shows_a_colleague_the_same(visit, server):
    with np.load(server.runs / "sample" / "predictions.npz", allow_pickle=False) as file:
        probabilities, labels = file["probabilities"], file["labels"]
    sure, predicted = probabilities.max(1), probabilities.argmax(1)
    low = next(low for low in range(50, 100, 5) if ((100 * sure >= low) & (100 * sure < low + 5)).sum() > 1)
    left = (100 * sure >= low) & (100 * sure < low + 5)
    page = evaluate(visit, server)
    page.wait_for_function(f"() => ({BARS})()?._fullLayout")
    bar = page.evaluate(
        f"""low => {{
            const plot = ({BARS})(), box = plot.getBoundingClientRect(), {{xaxis, yaxis}} = plot._fullLayout;
            const shown = plot._fullData.find(of => of.type == 'bar' && of.y[low / 5] > 0);
            const side = shown.name == 'right' ? -1 : 1;
            return [box.x + xaxis._offset + xaxis.d2p(low + 2.5 + side), box.y + yaxis._offset + yaxis._length - 3];
        }}""",
        low,
    )
    page.mouse.click(*bar)
    page.wait_for_url(re.compile(rf"[?&]sure={low}-{low + 5}(&|$)"))
    right = int((predicted == labels)[left].sum())
    for seen in (page, visit(server, page.url.removeprefix(server.url))):
        steps.shows(seen, "Evaluate")
        expect(steps.main(seen)).to_contain_text(f"From {left.sum()} of 1,000 test pictures")
        expect(steps.main(seen)).to_contain_text(f"{100 * right / left.sum():.1f} %")
        wait_until(lambda seen=seen: seen.evaluate(COUNTED) == left.sum(), what="the matrix of what is left")
        expect(seen.locator(".tiles img")).to_have_count(min(int(left.sum()), 20))
    steps.button(page, f"{low} to {low + 5} % sure").click()
    expect(steps.main(page)).to_contain_text("From 1,000 test pictures")


def test_a_line_on_the_map_selects_what_lies_inside(visit, server):
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
    left = int(re.search(r"From ([\d,]+) of 1,000 test pictures", text)[1].replace(",", ""))
    assert 0 < left < 1000
    page.reload()
    steps.shows(page, "Evaluate")
    expect(steps.main(page)).to_contain_text(f"From {left} of 1,000 test pictures")
