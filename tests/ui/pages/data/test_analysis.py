"""The analysis on the Data page, without a browser: every view, edits, and names with any characters."""

import json
import re
import time

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from imgcls import datasets
from imgcls.datasets import NO_CLASS
from imgcls.datasets.analysis import cache
from imgcls.datasets.analysis.survey import survey
from imgcls.system import paths
from imgcls.ui.data import analysis, analysis_map, duplicates
from imgcls.ui.widgets import gallery
from tests.support.importing.import_pages import button
from tests.support.pages import HOSTILE, is_intact, opened, select_images, text_of
from tests.support.uploads import smooth


@pytest.fixture
def imbalanced(tmp_path, monkeypatch) -> str:
    """A small 'cifar10' with a rare last class, two exact duplicates and a leak, and its stored findings."""
    monkeypatch.setenv("IMGCLS_DATA", str(tmp_path))
    x_train, x_test = smooth(105, seed=1), smooth(20, seed=2)
    y_train = np.r_[np.arange(100) % 9, [0] * 3, [9] * 2]
    x_train[30] = x_train[3]  # of class 3 both
    x_train[41] = x_train[4]  # of classes 4 and 5
    x_test[6] = x_train[50]
    arrays = {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": np.arange(20) % 10}
    np.savez(tmp_path / "cifar10.npz", **{name: np.asarray(array, np.uint8) for name, array in arrays.items()})
    datasets.prepare("cifar10")
    store_findings("cifar10")
    return "cifar10"


def store_findings(name: str) -> None:
    """Stores the findings that the background process would compute."""
    dataset = datasets.open_dataset(name)
    folder = cache.folder_of(dataset)
    folder.mkdir(parents=True)
    np.savez(folder / "survey.npz", **survey(dataset, folder))


def explored(view: str, title: str = "CIFAR-10") -> AppTest:
    return opened("data", data=title, explore=view)


def galleries(app: AppTest) -> str:
    """All images below 'Explore', as HTML."""
    pieces = [str(block.proto.body) for block in app.get("html") if 'class="tiles' in str(block.proto.body)]
    return "".join(pieces[1:])


@pytest.mark.parametrize("view", analysis.VIEWS)
def test_every_view_shows_content(imbalanced, view):
    app = explored(view)
    assert is_intact(app), text_of(app)
    assert "<img" in galleries(app) or view in ("Map", "Edits")
    if view == "Map":
        (figure,) = [chart for chart in app.get("plotly_chart") if "lasso" in chart.proto.spec]
        traces = json.loads(figure.proto.spec)["data"]
        assert sum(len(trace["customdata"]) for trace in traces) == 105
        assert {trace["name"] for trace in traces} == set(datasets.facts(imbalanced).classes)


@pytest.mark.parametrize("view", ["", "no such view", "<img src=x>", "Map" * 1000])
def test_without_a_valid_view_in_the_link_the_mean_images_are_shown_at_once(imbalanced, view):
    dataset = datasets.open_dataset(imbalanced)
    (cache.folder_of(dataset) / "survey.npz").unlink()
    app = explored(view)
    assert is_intact(app)
    shown = galleries(app)
    assert 'alt="mean image of airplane"' in shown and "mean of 15 images" in shown and "mean of 2 images" in shown
    assert shown.count("<img") == 10
    assert cache.state("survey", dataset).state == "idle", "they need no analysis of all images"
    assert gallery.data_url(dataset.x_train[dataset.y_train == 9].mean(0).round().astype(np.uint8)) in shown


def test_class_imbalance_is_reported_and_one_click_enables_class_weights(imbalanced):
    app = explored("")
    assert "The classes are imbalanced" in text_of(
        app
    ) and "“airplane” has 15 training images, “truck” has 2" in text_of(app)
    button(app, "Train with class weights").click().run()
    assert is_intact(app)
    assert app.title[0].value == "Train a model"
    assert app.selectbox(key="data").value == imbalanced
    assert app.toggle(key="class_weights").value is True
    assert app.query_params["data"] in ("CIFAR-10", ["CIFAR-10"])


def test_the_train_button_opens_the_form_for_this_dataset(imbalanced):
    app = opened("data", data="CIFAR-10")
    button(app, "Train a model").click().run()
    assert is_intact(app)
    assert app.title[0].value == "Train a model"
    assert app.selectbox(key="data").value == imbalanced


def test_balanced_classes_are_not_mentioned(digits):
    assert "imbalanced" not in text_of(explored("", "Small digits"))


def test_duplicates_are_listed_by_kind_with_counts(imbalanced):
    app = explored("Duplicates")
    numbers = next(str(block.proto.body) for block in app.get("html") if 'class="numbers"' in str(block.proto.body))
    values = dict(part.split("</dt><dd>") for part in re.findall(r"<dt>(.*?)</dd>", numbers))
    counts = {name.split("<")[0]: int(value) for name, value in values.items()}
    assert counts == {"Leaks": 1, "Possible leaks": 0, "Conflicting labels": 2, "Exact": 3, "Near": 0}
    assert "#50" in galleries(app) and "test #6" in galleries(app)
    assert "#30" not in galleries(app)


def test_one_click_excludes_all_training_duplicates_of_test_images(imbalanced):
    app = explored("Duplicates")
    button(app, "Exclude the 1 training image that").click().run()
    assert is_intact(app)
    dataset = datasets.open_dataset(imbalanced)
    assert datasets.edits_of(dataset).excluded == (50,)
    assert "✕ excluded" in galleries(app)
    assert not any("duplicate test images" in button.label for button in app.button)


def test_selected_images_can_be_relabelled_and_undone(imbalanced):
    app = explored("Outliers")
    first = int(cache.results("survey", datasets.open_dataset(imbalanced))["unlike"][0])
    assert button(app, "Exclude").disabled
    select_images(app, "outlier", [first])
    next(box for box in app.selectbox if str(box.key).startswith("label-outlier")).select(9)
    app.run()
    button(app, "Relabel").click().run()
    assert is_intact(app)
    dataset = datasets.open_dataset(imbalanced)
    assert dict(datasets.edits_of(dataset).labels) == ({first: 9} if dataset.y_train[first] != 9 else {})
    assert "→ truck" in galleries(app)
    app = explored("Edits")
    assert "1 relabelled" in text_of(app).replace("**", "")
    button(app, "Undo last edit").click().run()
    assert is_intact(app)
    assert datasets.edits_of(dataset).steps == ()
    assert "No edits yet" in text_of(app)


def test_the_train_page_counts_remaining_images_and_lists_edits(imbalanced):
    dataset = datasets.open_dataset(imbalanced)
    datasets.exclude(dataset, [1, 2, 3, 4, 5])
    datasets.relabel(dataset, [6], 9)
    app = opened("train", data="CIFAR-10")
    assert app.selectbox(key="train_images").options[0] == "All 100"
    assert "Your edits: 5 excluded, 1 relabelled." in text_of(app)


def with_settings(run):
    """The page of a run with its section "Settings" open."""
    app = opened("train", run=run.id)
    app.session_state["settings"] = True
    return app.run()


def test_the_run_page_shows_its_dataset_version(finished_run):
    state = datasets.open_dataset("digits").fingerprint
    assert f"Dataset version: `{state}`" in text_of(with_settings(finished_run))
    path = finished_run.folder / "result.json"
    result = json.loads(path.read_text())
    path.write_text(json.dumps(result | {"data": {"state": "ab+cd", "thrown_out": 3, "relabelled": 0}}))
    assert "Dataset version: `ab+cd`. Your edits: 3 excluded." in text_of(with_settings(finished_run))


@pytest.mark.parametrize("data", [7, [], {}, {"state": 1}, {"state": "a", "thrown_out": "x", "relabelled": 0}, None])
def test_an_invalid_dataset_version_is_not_shown(finished_run, data):
    path = finished_run.folder / "result.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"data": data}))
    app = with_settings(finished_run)
    assert is_intact(app) and "Dataset version" not in text_of(app)


def test_a_damaged_edit_list_shows_one_error_and_can_be_reset_with_one_click(imbalanced):
    dataset = datasets.open_dataset(imbalanced)
    datasets.exclude(dataset, [1])
    (path,) = paths.cache_folder().glob("datasets/*.edits-*.json")
    path.write_text("{")
    assert "file of edits" in text_of(opened("train", data="CIFAR-10"))
    app = explored("Edits")
    assert is_intact(app) and "is damaged" in text_of(app)
    app.button(key="undo-all").click().run()
    assert is_intact(app) and "No edits yet" in text_of(app)
    assert datasets.edits_of(dataset).steps == ()


def test_missing_findings_are_computed_with_progress(digits):
    dataset = datasets.open_dataset(digits)
    app = explored("Outliers", "Small digits")
    assert is_intact(app)
    end = time.monotonic() + 60
    while cache.state("survey", dataset).state == "running" and time.monotonic() < end:
        time.sleep(0.1)
    assert cache.state("survey", dataset).state == "ready"
    app = explored("Outliers", "Small digits")
    assert galleries(app).count("<img") == analysis.PER_PAGE


def test_a_failed_analysis_gives_its_reason_and_can_be_retried(digits):
    dataset = datasets.open_dataset(digits)
    folder = cache.folder_of(dataset)
    folder.mkdir(parents=True)
    cache.task_of("survey", dataset).write_progress("failed", 0.5, "The disk <b>is</b> full.")
    app = explored("Brightness", "Small digits")
    assert is_intact(app) and "The disk <b>is</b> full." in text_of(app)
    assert app.button(key="survey-again")


def test_names_with_any_characters_are_shown_literally(digits, monkeypatch):
    names = tuple(f"{HOSTILE[number % len(HOSTILE)]}{number}\n{'x' * 300}" for number in range(10))
    monkeypatch.setattr("imgcls.datasets.catalog.digits.CLASSES", names)
    _forget_facts()
    try:
        store_findings(digits)
        datasets.relabel(datasets.open_dataset(digits), [0, 1], 3)
        for view in analysis.VIEWS:
            app = explored(view, "Small digits")
            assert is_intact(app), (view, text_of(app))
            for kind in (app.markdown, app.caption, app.info):
                assert all("![](" not in str(element.value) for element in kind), view
            assert all("<img src=x" not in str(block.proto.body) for block in app.get("html")), view
            for chart in app.get("plotly_chart"):
                assert "<img" not in chart.proto.spec and "$\\\\href" not in chart.proto.spec
    finally:
        monkeypatch.undo()
        _forget_facts()


def _forget_facts() -> None:
    """Facts about a file are cached."""
    from imgcls.datasets import info

    for remembered in vars(info).values():
        if hasattr(remembered, "cache_clear"):
            remembered.cache_clear()


# ---- small parts


def test_each_selected_point_gives_one_image():
    class Event:
        class selection:
            points = ({"customdata": [7]}, {"customdata": {"0": 3}}, {"customdata": [7]}, {"x": 1})

    assert analysis_map.selected(Event) == [3, 7]
    assert analysis_map.selected(None) == []


def test_deduplication_keeps_one_copy_and_every_test_image():
    pairs = np.array([[1, 2], [1, 5], [3, 100], [99, 101], [100, 101]])
    dataset_edits = datasets.Edits("f")
    assert duplicates.redundant_rows(pairs, 100, dataset_edits) == [2, 3, 5, 99]
    step = type("Step", (), {"action": "drop", "images": (3,), "label": NO_CLASS, "published": ()})
    assert duplicates.redundant_rows(pairs, 100, dataset_edits.then(step)) == [2, 5, 99]


def test_pairs_of_a_group_are_listed_with_its_first_image():
    found = {
        "members": np.array([1, 4, 9, 2, 3]),
        "groups": np.array([0, 0, 0, 1, 1]),
        "pairs": np.array([[5, 6]]),
        "likeness": np.array([0.98]),
    }
    pairs, likeness = duplicates.all_pairs(found)
    assert pairs.tolist() == [[1, 4], [1, 9], [2, 3], [5, 6]]
    assert likeness.tolist() == [1, 1, 1, 0.98]
    nothing = {"members": np.array([], int), "groups": np.array([], int), "pairs": np.zeros((0, 2)), "likeness": []}
    assert duplicates.all_pairs(nothing)[0].shape == (0, 2)
