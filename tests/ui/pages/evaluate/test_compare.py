"""The section Compare of the Evaluate page."""

import json
import shutil

import numpy as np
import pytest

from imgcls import datasets, runs
from imgcls.runs import Run
from imgcls.ui.app import links
from imgcls.ui.runs.table_parts import table_rows
from tests.support.pages import HOSTILE, html_of, is_intact, opened, text_of


@pytest.fixture
def two_runs(finished_run) -> tuple[Run, Run]:
    """The small run, and one with a hostile name that misclassifies the first thirty images."""
    folder = finished_run.folder.with_name("worse")
    shutil.copytree(finished_run.folder, folder)
    with np.load(folder / "predictions.npz", allow_pickle=False) as file:
        probabilities, labels = file["probabilities"].copy(), file["labels"]
    probabilities[:30] = np.eye(10)[(labels[:30] + 1) % 10]
    np.savez(folder / "predictions.npz", probabilities=probabilities, labels=labels)
    other = Run(folder)
    other.rename(HOSTILE[0][:50])
    return finished_run, other


def test_compare_names_the_better_run_and_shows_the_images(two_runs):
    run, other = two_runs
    app = opened("evaluate", run=run.id, view="Compare", other=other.id)

    assert is_intact(app)
    assert "A is better than B" in html_of(app) and "on 360 test images" in html_of(app)
    assert "&lt;img src=x" in html_of(app) and "<img src=x" not in html_of(app)
    assert "All settings are the same." in text_of(app)
    app.session_state["compared-images"] = "Only B correct"
    app.run()
    assert is_intact(app)
    assert "No images to show." in text_of(app)
    app.session_state["compared-images"] = "Only A correct"
    app.run()
    gallery = next(piece for piece in html_of(app).split("\n") if 'class="tiles"' in piece)
    assert gallery.count("✓ A:") == gallery.count("✕ B:") > 10


def test_compare_without_another_run_says_what_to_do(finished_run):
    app = opened("evaluate", run=finished_run.id, view="Compare")

    assert is_intact(app)
    assert "There is no other run with these classes" in text_of(app)
    next(one for one in app.button if one.label == "Train again with changes").click().run()
    assert is_intact(app) and app.title[0].value == "Train a model"


@pytest.mark.parametrize("other", ["none", "../x", "", "$x$<b>"])
def test_a_link_without_a_run_to_compare_with_is_reported(two_runs, other):
    app = opened("evaluate", run=two_runs[0].id, view="Compare", other=other)

    assert is_intact(app)
    assert ("cannot be compared with this one" in text_of(app)) == bool(other)


def test_runs_on_different_images_are_not_compared(two_runs):
    run, other = two_runs
    with np.load(other.folder / "predictions.npz", allow_pickle=False) as file:
        content = dict(file)
    np.savez(other.folder / "predictions.npz", **content | {"labels": content["labels"][::-1]})
    assert "tested on different images" in text_of(opened("evaluate", run=run.id, view="Compare", other=other.id))

    np.savez(other.folder / "predictions.npz", **content)
    with np.load(other.folder / "gallery.npz", allow_pickle=False) as file:
        images = dict(file)
    np.savez(other.folder / "gallery.npz", **images | {"pictures": 255 - images["pictures"]})
    assert "same test labels but different test images" in text_of(
        opened("evaluate", run=run.id, view="Compare", other=other.id)
    )

    (other.folder / "predictions.npz").write_bytes(b"PK truncated")
    assert "are damaged" in text_of(opened("evaluate", run=run.id, view="Compare", other=other.id))


def test_a_run_on_other_images_is_not_chosen_by_itself(two_runs):
    run, other = two_runs
    card = json.loads((other.folder / "model.json").read_text())
    (other.folder / "model.json").write_text(json.dumps(card | {"data": "mnist"}))

    app = opened("evaluate", run=run.id, view="Compare")

    assert is_intact(app) and app.selectbox(key="other-run").value is None and "other" not in app.query_params
    assert f"Train a second model on {datasets.facts(run.card.data).title} first" in text_of(app)
    next(one for one in app.button if one.label == "Train again with changes").click().run()
    assert is_intact(app) and app.title[0].value == "Train a model"


def test_the_runs_table_links_to_the_comparison(two_runs, monkeypatch):
    gone = []
    monkeypatch.setattr(links, "go", lambda page, **query: gone.append((page, query)))
    app = opened("runs")
    app.session_state[table_rows.SELECTED] = [run.id for run in runs.all_runs()]
    app.run()

    next(button for button in app.button if button.label == "Which is better?").click().run()

    first, second = (run.id for run in runs.all_runs())
    assert gone == [("evaluate.py", {"run": second, "view": "Compare", "other": first})]
