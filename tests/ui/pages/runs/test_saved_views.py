"""Saved views of the table, and the one that Runs opens with."""

import re
from urllib.parse import parse_qs

from streamlit.testing.v1 import AppTest

from imgcls.runs.index import views
from imgcls.ui.runs import table_columns
from tests.support.pages import button, is_intact, opened, text_of
from tests.support.runs import mutations


def scripts(app: AppTest) -> str:
    return " ".join(str(one.proto.body) for one in app.get("html"))


def test_a_view_is_saved_with_enter_or_with_the_button():
    mutations.small_run("only-run")
    app = opened("runs", layout="Table", q="only")
    save = button(app, "Save view")
    assert not save.disabled and save.form_id == app.text_input(key="view-new").form_id != ""
    save.click().run()
    assert is_intact(app) and "A view needs a name" in text_of(app) and views.read() == {}
    app.text_input(key="view-new").set_value("mine")
    button(app, "Save view").click().run()
    assert is_intact(app) and parse_qs(views.read()["mine"]) == {"q": ["only"], "layout": ["Table"]}
    assert app.selectbox(key="view-name").value == "mine" and "View saved." in [one.value for one in app.success]


def test_runs_opens_with_the_default_view_unless_a_link_has_its_own(finished_run):
    views.save("rates", "q=test%3E0.1&sort=Parameters")
    app = opened("runs")
    app.selectbox(key="view-name").set_value("rates").run()
    app.checkbox(key="view-default-rates").check().run()
    assert is_intact(app) and views.default() == "rates"

    app = opened("runs")
    assert is_intact(app) and app.text_input(key="q").value == "test>0.1"
    assert (app.query_params["q"], app.query_params["sort"]) == ("test>0.1", "Parameters")
    assert app.selectbox(key="view-name").value == "rates"
    app.text_input(key="q").set_value("").run()
    assert app.text_input(key="q").value == "", "only at the first visit"
    assert opened("runs", layout="Table").text_input(key="q").value == "", "a link has its own view"

    app.checkbox(key="view-default-rates").uncheck().run()
    assert views.default() is None and opened("runs").text_input(key="q").value == ""


def test_a_saved_view_is_applied_when_it_is_chosen(finished_run):
    views.save("rates", "q=test%3E0.1&columns=learning+rate&columns=test&group=Model&secret=1")
    app = opened("runs", layout="Table")
    app.selectbox(key="view-name").set_value("rates").run()
    assert is_intact(app)
    (link,) = re.findall(r"pushState\(null, '', '\?([^']+)'", scripts(app))
    query = parse_qs(link)
    assert query == {"q": ["test>0.1"], "columns": ["learning rate", "test"], "group": ["Model"]}
    assert is_intact(opened("runs", **query))
    assert "pushState(null" not in scripts(app.run()), "once"


def test_a_phone_begins_with_cards_whatever_the_default_view_shows(finished_run, monkeypatch):
    views.save("Wide", "layout=Table&q=test%3E0.1")
    views.set_default("Wide")
    assert opened("runs").session_state["layout"] == "Table"
    monkeypatch.setattr(table_columns, "is_phone", lambda: True)
    app = opened("runs")
    assert app.session_state["layout"] == "Cards" and app.text_input(key="q").value == "test>0.1"
    assert not app.dataframe
    assert opened("runs", layout="Table").dataframe, "a link that says so shows the table"


def test_the_chosen_view_is_named_with_whether_it_was_changed_and_the_way_back(finished_run):
    views.save("rates", "layout=Table&q=test%3E0.1")
    app = opened("runs", layout="Table")
    assert "rates" not in text_of(app)
    app.selectbox(key="view-name").set_value("rates").run()
    assert ":material/bookmark: **rates**" in text_of(app) and "(changed)" not in text_of(app), "it is being opened"

    app = opened("runs", layout="Table", q="test>0.1")
    assert ":material/bookmark: **rates**" in text_of(app) and "(changed)" not in text_of(app), "a reload"
    app.query_params["q"] = "cnn"  # a browser writes there what is typed
    app.run()
    assert is_intact(app) and "**rates** (changed)" in text_of(app)
    button(app, "Reset").click().run()
    assert "pushState(null, '', '?layout=Table&q=test%3E0.1')" in scripts(app)


def test_a_view_saved_without_a_layout_is_not_changed_by_it(finished_run):
    views.save("rates", "q=test%3E0.1")
    views.set_default("rates")
    app = opened("runs")
    assert "**rates**" in text_of(app) and "(changed)" not in text_of(app)
