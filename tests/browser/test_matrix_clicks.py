"""The confusion matrix on the Evaluate page: a click on a cell shows its pictures."""

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
        expect(page.get_by_role("radio", name=f"{true} → {predicted}", exact=True)).to_be_checked()
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
    wrong = int(answers.sum() - np.trace(answers))
    expect(steps.main(page)).to_contain_text(f"{wrong} pictures")
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
