"""The selection of images: what a browser may send, and how a page changes it."""

import pytest
from streamlit.testing.v1 import AppTest

from imgcls.ui.components import image_select
from imgcls.ui.widgets import gallery


@pytest.mark.parametrize("foreign", [None, 7, "12", {"values": [1]}, ["1"], [True], [1.0], [9], [[1]], [-1]])
def test_only_images_of_the_gallery_are_accepted(foreign):
    assert image_select.accepted(foreign, [1, 2, 3]) == []


def test_images_of_the_gallery_are_accepted():
    assert image_select.accepted([3, 9, 1], [1, 2, 3]) == [3, 1]


def page() -> None:
    import streamlit as st

    from imgcls.ui.components import image_select

    st.text(str(image_select.show("a", [1, 2, 3])))
    st.button("All", on_click=image_select.choose, args=("a", [1, 2, 3]))
    st.text(str(st.session_state.get("edition-a", 0)))


def test_a_selection_of_the_page_gets_an_edition_that_the_browser_adopts():
    app = AppTest.from_function(page)
    app.session_state["chosen-a"] = [3, 8, 1]
    app.run()
    assert [text.value for text in app.text] == ["[1, 3]", "0"], "in the order of the images, without unknown ones"
    app.button[0].click().run()
    assert [text.value for text in app.text] == ["[1, 2, 3]", "1"]


def test_the_selection_is_known_before_the_gallery_is_shown():
    app = AppTest.from_function(before)
    assert [text.value for text in app.run().text] == ["[]", "[2]"]


def before() -> None:
    import streamlit as st

    from imgcls.ui.components import image_select

    st.text(str(image_select.chosen("a", [1, 2])))
    image_select.choose("a", [2, 9])
    st.text(str(image_select.chosen("a", [1, 2])))


def test_a_tile_with_a_value_is_a_button_and_its_link_is_in_its_first_line():
    tile = gallery.Tile("data:,", "a <b>", ("#5", "cat"), "?image=5", value=5)
    html = gallery.grid([tile], select='x"y')
    assert 'data-select="x&quot;y"' in html
    assert (
        '<button type="button" aria-pressed="false" data-value="5"><img src="data:," alt="a &lt;b&gt;"></button>'
        in html
    )
    assert '<a href="?image=5" target="_self">#5</a>' in html and ">cat</span>" in html


def test_a_tile_without_a_value_is_no_button():
    html = gallery.grid([gallery.Tile("data:,", "", ("cat",), "?image=5")])
    assert "<button" not in html and "data-select" not in html and '<a href="?image=5"' in html
