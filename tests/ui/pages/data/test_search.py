"""Visual search on the Data and Predict pages: queries, results, edits and exports."""

import re

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from imgcls import datasets
from imgcls.inference import visual_search
from imgcls.ui.data.search import results
from tests.support.importing.import_pages import button
from tests.support.pages import is_intact, opened, select_images, text_of

FAST = "MobileNet 0.25"
TITLE = "Digits 8 x 8"


@pytest.fixture(scope="session")
def index_files(prepared_dataset):
    """An index of `digits`: file name -> content."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMGCLS_CACHE", str(prepared_dataset("digits").parent.parent))
        dataset = datasets.open_dataset("digits")
        task = visual_search.task_of(dataset, FAST)
        task.folder.mkdir(parents=True, exist_ok=True)
        visual_search.build(dataset, FAST, lambda fraction, text: None)
        return {path.name: path.read_bytes() for path in task.folder.glob(f"{task.kind}.np*")}


@pytest.fixture
def indexed(index_files, digits):
    """`digits` with an index of the fast features."""
    dataset = datasets.open_dataset(digits)
    folder = visual_search.task_of(dataset, FAST).folder
    folder.mkdir(parents=True)
    for name, content in index_files.items():
        (folder / name).write_bytes(content)
    return dataset


def searched() -> AppTest:
    app = opened("data", data=datasets.facts("digits").title, explore="Search")
    select(app, "Compare by").set_value(FAST).run()
    return app


def select(app: AppTest, label: str):
    return next(box for box in app.selectbox if box.label == label)


def captions(app: AppTest) -> str:
    return "".join(str(block.proto.body) for block in app.get("html"))


def shown_rows(app: AppTest) -> list[int]:
    """The training images among the results."""
    results = captions(app).partition('data-select="search')[2]
    return [int(row) for row in re.findall(r'data-value="(\d+)"', results)]


def test_the_most_similar_images_are_shown_with_their_similarity(indexed):
    app = searched()
    assert is_intact(app), text_of(app)
    assert captions(app).count("similarity 0.") >= 20
    assert "The query" in captions(app)


def test_an_image_is_not_among_its_own_results(indexed):
    app = searched()
    assert "similarity 1.00" not in captions(app)


def test_a_search_in_one_class_shows_only_that_class(indexed):
    app = searched()
    select(app, "Search in").set_value(4).run()
    assert is_intact(app)
    rows = shown_rows(app)
    assert rows and set(indexed.y_train[rows].tolist()) == {4}


def test_results_can_be_excluded(indexed):
    app = searched()
    rows = shown_rows(app)
    select_images(app, "search", [rows[0], rows[2]])
    button(app, "Exclude 2").click().run()
    assert is_intact(app)
    assert datasets.edits_of(indexed).excluded == tuple(sorted((rows[0], rows[2])))


def test_the_downloads_list_every_result_with_its_edit(indexed):
    datasets.relabel(indexed, [3], 7)
    found = visual_search.Found(np.array([3, len(indexed.y_train) + 2]), np.array([0.91234, 0.5], np.float32))
    listed = results.listed(indexed, datasets.edits_of(indexed), found)
    assert listed["similarity"] == [0.9123, 0.5]
    assert listed["part"] == ["train", "test"] and listed["row"] == [3, 2]
    assert listed["new label"] == [indexed.facts.classes[7], ""]
    labels = searched().get("download_button")
    assert {"Similar images (CSV)", "Similar images (JSON)"} <= {button.proto.label for button in labels}


def test_without_an_index_one_click_builds_it(mnist_sample):
    dataset = datasets.open_dataset(mnist_sample)
    app = opened("data", data=dataset.facts.title, explore="Search")
    select(app, "Compare by").set_value(FAST).run()
    assert "Searching needs an index of the 5,000 images." in text_of(app)
    button(app, "Build the search index").click().run()
    assert is_intact(app)
    assert visual_search.state(dataset, FAST).state in ("running", "ready")
    visual_search.task_of(dataset, FAST).cancel()


def test_a_failed_index_gives_its_reason_and_can_be_retried(digits):
    dataset = datasets.open_dataset(digits)
    task = visual_search.task_of(dataset, FAST)
    task.folder.mkdir(parents=True)
    task.write_progress("failed", 0.5, "The disk is full.")
    app = searched()
    assert "The search index could not be built. The disk is full." in text_of(app)
    assert button(app, "Try again")


def test_the_input_of_a_prediction_finds_similar_images(indexed, finished_run):
    app = opened("predict", run=finished_run.id, mode="Upload")
    next(group for group in app.segmented_control if group.label == "Source").set_value("Examples").run()
    app.session_state["similar-predict"] = True
    app.run()
    select(app, "Compare by").set_value(FAST).run()
    assert is_intact(app), text_of(app)
    assert captions(app).count("similarity ") >= 20
