"""Runs as cards."""

import json

from imgcls.ui.app import links
from imgcls.ui.runs import cards
from imgcls.ui.runs.table_parts import table_rows
from tests.support.pages import button, html_of, is_intact, opened, text_of
from tests.support.runs import mutations
from tests.support.runs.repeated import repeated


def test_a_few_runs_are_cards_that_open_and_can_be_selected(finished_run, monkeypatch):
    """A damaged and a failed run have cards, too."""
    mutations.small_run("damaged-run", **{"result.json": b""})
    failed = {"version": 1, "outcome": "failed", "message": "The loss became NaN <b>at once</b>."}
    mutations.small_run("failed-run", **{"result.json": json.dumps(failed).encode()})
    gone = []
    monkeypatch.setattr(links, "go", lambda page, **query: gone.append((page, query)))
    app = opened("runs")
    assert is_intact(app) and not app.dataframe
    assert html_of(app).count("Mistake: predicted") == 3 and html_of(app).count("<small>most confident mistakes") == 1
    assert "The loss became NaN &lt;b&gt;" in html_of(app)
    app.checkbox(key="pick-failed-run").check().run()
    assert app.session_state[table_rows.SELECTED] == ["failed-run"] and "failed-run" in app.query_params["selected"]
    assert not button(app, "Delete").disabled
    app.checkbox(key="pick-failed-run").uncheck().run()
    assert app.session_state[table_rows.SELECTED] == []
    app.button(key=f"open-{finished_run.id}").click().run()
    assert gone == [("train.py", {"run": finished_run.id})]


def test_the_best_of_several_runs_on_a_dataset_has_a_mark():
    for name, score in (("good-run", 0.91), ("best-run", 0.97)):
        result = {"version": 1, "outcome": "finished", "test_accuracy": score, "val_accuracy": score}
        mutations.small_run(name, **{"result.json": json.dumps(result).encode()})
    (card,) = [one for one in html_of(opened("runs")).split("run-picture") if "Best on" in one]
    assert "97.0%" in card


def test_a_link_holds_the_page_of_the_cards():
    for number in range(cards.A_PAGE + 1):
        mutations.small_run(f"run-{number:02}")
    first, second = (opened("runs", layout="Cards", **{cards.PAGE: page}) for page in ("1", "2"))
    assert len([one for one in first.checkbox if one.key.startswith("pick-")]) == cards.A_PAGE
    assert len([one for one in second.checkbox if one.key.startswith("pick-")]) == 1
    linked = opened("runs", layout="Cards", q="run-0", **{cards.PAGE: "2"})
    assert is_intact(linked) and "10 runs of 13." in text_of(linked), "the filter leaves one page"


def test_a_run_that_is_no_better_than_guessing_says_so_in_card_and_table():
    for name, score, count in (("guessing-run", 0.12, 360), ("good-run", 0.9, 360), ("unknown-run", 0.1, 0)):
        counts = {"test": count} if count else {}
        result = {"version": 1, "outcome": "finished", "test_accuracy": score, "val_accuracy": score, "counts": counts}
        model = {"version": 1, "classes": [str(one) for one in range(10)], "shape": [8, 8, 1], "ink": True}
        files = {"result.json": result, "model.json": model}
        mutations.small_run(name, **{key: json.dumps(value).encode() for key, value in files.items()})
    (card,) = [one for one in html_of(opened("runs")).split("run-picture") if "At chance level" in one]
    assert "guessing-run" in card and "95% CI" in card and "10.0%" in card
    states = opened("runs", layout="Table").dataframe[0].value.set_index("Run")["State"]
    assert dict(states) == {
        "guessing-run": "Finished, at chance level",
        "good-run": "Finished",
        "unknown-run": "Finished",
    }


def test_runs_that_differ_only_in_the_seed_are_one_card_that_opens(finished_run):
    seeds = repeated(finished_run, "wide", [0, 2, 4])
    app = opened("runs", layout="Cards")
    picks = [one.key for one in app.checkbox if one.key.startswith("pick-")]
    assert is_intact(app) and len(picks) == 2 and "wide · 3 seeds" in html_of(app), "and the run of the fixture"
    assert "mean test accuracy" in html_of(app) and "wide-0" not in html_of(app)
    (group,) = [one for one in picks if one.startswith("pick-seeds-")]
    app.checkbox(key=group).check().run()
    assert sorted(app.session_state["runs-selected"]) == sorted(run.id for run in seeds)
    app.button(key=group.replace("pick", "open")).click().run()
    assert len([one for one in app.checkbox if one.key.startswith("pick-")]) == 5 and "wide-0" in html_of(app)
    app.button(key=group.replace("pick", "open")).click().run()
    assert len([one for one in app.checkbox if one.key.startswith("pick-")]) == 2
