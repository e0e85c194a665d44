"""Links and bookmarks from earlier versions still work."""

import pytest

from imgcls.ui.app import old_links
from tests.support.pages import is_intact, opened


@pytest.mark.parametrize("old, new", old_links.PARAMETERS.items())
def test_an_old_parameter_becomes_the_new_one(old, new):
    assert old_links.upgraded({old: ["7"], "run": ["abc"]}) == {new: ["7"], "run": ["abc"]}


def test_an_old_value_becomes_the_new_one(monkeypatch):
    monkeypatch.setitem(old_links.VALUES, "view", {"Mistakes": "Errors"})

    assert old_links.upgraded({"view": ["Mistakes"]}) == {"view": ["Errors"]}
    assert old_links.upgraded({"view": ["Errors", "Report"]}) == {"view": ["Errors", "Report"]}


def test_a_renamed_parameter_with_a_renamed_value(monkeypatch):
    monkeypatch.setitem(old_links.PARAMETERS, "damage", "corruption")
    monkeypatch.setitem(old_links.VALUES, "corruption", {"dim": "dark"})

    assert old_links.upgraded({"damage": ["dim"]}) == {"corruption": ["dark"]}


def test_a_backbone_run_was_named_before_its_id():
    assert old_links.upgraded({"transfer.base_run": ["A (b) (20260101-120000-0badcafe)"]}) == {
        "transfer.backbone_run": ["20260101-120000-0badcafe"]
    }


def test_the_new_name_wins_over_the_old_one():
    for given in (
        {"pictures": ["100"], "train_images": ["200"]},
        {"train_images": ["200"], "pictures": ["100"]},
    ):
        assert old_links.upgraded(given) == {"train_images": ["200"]}


def test_no_new_name_reuses_an_old_one():
    """Otherwise a link would be rewritten on every rerun, forever."""
    assert not old_links.PARAMETERS.keys() & set(old_links.PARAMETERS.values())
    for values in old_links.VALUES.values():
        assert not values.keys() & set(values.values())


def test_an_old_link_fills_the_form(digits):
    app = opened("train", validation_share="0.3", pictures="1,000", warmup_share="0.4", schedule="one_cycle")

    assert is_intact(app)
    assert app.slider(key="validation_fraction").value == 0.3
    assert app.selectbox(key="train_images").value == 1000
    assert app.slider(key="warmup_fraction").value == 0.4
    assert not app.query_params.keys() & old_links.PARAMETERS.keys()


def test_every_old_view_of_the_data_page_opens():
    from imgcls.ui.data import analysis

    assert set(old_links.VALUES["explore"].values()) <= set(analysis.VIEWS)
    assert not set(old_links.VALUES["explore"]) & set(analysis.VIEWS)


def test_old_links_to_evaluate_open_the_renamed_section(finished_run):
    app = opened("evaluate", run=finished_run.id, view="Picture", picture="17")
    assert is_intact(app)
    assert app.query_params["view"] in ("Single image", ["Single image"])
    assert app.number_input(key="image-number").value == 17
