"""The probability bars in isolation: the rows of the ten most probable classes."""

import pytest

from imgcls.ui.components import probability_bars
from imgcls.ui.components.component import FILES

MOUNT = """async ([html, source]) => {
    const blob = new Blob([source], {type: 'text/javascript'});
    const {default: show} = await import(URL.createObjectURL(blob));
    const parentElement = document.createElement('div');
    parentElement.innerHTML = html;
    document.body.replaceChildren(parentElement);
    window.show = data => show({parentElement, data});
}"""


@pytest.fixture
def page(chromium):
    page = chromium.new_page()
    page.evaluate(
        MOUNT, [probability_bars.HTML, (FILES / "probability_bars" / "probability_bars.js").read_text("utf-8")]
    )
    yield page
    page.close()


def shown(page, names: str, answered: bool = True, **asked) -> str:
    """The rows from top to bottom, after a prediction in which these one-letter classes are the most probable."""
    rows = [{"name": name, "probability": 1 / (place + 2), "best": not place} for place, name in enumerate(names)]
    answer = {"prediction": names[0] if answered else None, "text": "", "description": "", "todo": "Draw something."}
    page.evaluate("data => show(data)", answer | {"rows": rows} | asked)
    assert page.locator(".bars .best span").inner_text() == names[0]
    return "".join(page.locator(".bars span").all_inner_texts())


def test_a_class_keeps_its_row_during_one_drawing(page):
    assert shown(page, "abcd", edition=0, number=1) == "abcd"
    assert shown(page, "dbca", edition=0, number=2) == "abcd"
    assert shown(page, "xdcb", edition=0, number=3) == "xbcd", "a new class takes the row of the one it replaces"
    assert shown(page, "yzdx", edition=0, number=4) == "xyzd"


def test_a_new_drawing_starts_with_the_most_probable_class(page):
    assert shown(page, "abcd", edition=0, number=1) == "abcd"
    assert shown(page, "abcd", answered=False, edition=0, number=2) == "abcd"
    assert shown(page, "dcba", edition=0, number=3) == "dcba"


def test_for_a_photo_the_most_probable_class_comes_first(page):
    assert shown(page, "abcd") == "abcd"
    assert shown(page, "dcba") == "dcba"


@pytest.mark.parametrize("names", ["ab", "aabb"])
def test_fewer_classes_and_equal_names_lose_no_rows(page, names):
    shown(page, "abcd", edition=0, number=1)
    assert sorted(shown(page, names, edition=0, number=2)) == sorted(names)
