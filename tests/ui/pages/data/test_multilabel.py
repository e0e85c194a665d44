"""Pages for multi-label datasets: import, explore, train, evaluate."""

import json
from io import BytesIO

import numpy as np
import pytest

from imgcls import datasets
from imgcls.errors import RunError
from imgcls.ui.cache import predictions as cached
from tests.support.importing.import_pages import button, new
from tests.support.importing.multilabel_uploads import listing, some, with_semicolons
from tests.support.pages import HOSTILE, html_of, is_intact, opened, text_of
from tests.support.uploads import archive, csv, image, imported

NAMES = ["boat", HOSTILE[0], HOSTILE[2], "sky"]


def predictions(count: int = 60) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(3)
    labels = (random.random((count, 4)) < (0.5, 0.4, 0.2, 0.1)).astype(np.uint8)
    return np.clip(random.normal(0.3 + 0.4 * labels, 0.2), 0, 1).astype(np.float32), labels


def packed(**arrays) -> bytes:
    file = BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


@pytest.fixture
def tested(make_run):
    """A finished run with hostile label names."""
    probabilities, labels = predictions()
    images = np.random.default_rng(0).integers(0, 256, (50, 8, 8, 1), dtype=np.uint8)
    facts = {"classes": NAMES, "shape": [8, 8, 1], "ink": False, "several": True, "threshold": 0.37, "data": "own-x"}
    said = probabilities >= 0.5
    scores = {"test_accuracy": float((said == labels).all(1).mean()), "test_macro_f1": 0.5}
    result = {"version": 1, "outcome": "finished", "counts": {"test": 60}, "test_average_precision": 0.7} | scores
    return make_run(
        **{
            "predictions.npz": packed(probabilities=probabilities, labels=labels),
            "gallery.npz": packed(indices=np.arange(50, dtype=np.int32), pictures=images),
            "model.json": facts,
            "result.json": result,
        }
    )


def test_single_label_features_show_an_explanation(tested):
    with pytest.raises(RunError, match="so there is no single prediction"):
        cached.single_label_predictions(tested)


@pytest.mark.parametrize("threshold", [None, 0, 1, "x", True])
def test_an_invalid_threshold_counts_as_a_damaged_model(tested, threshold, digits):
    facts = json.loads((tested.folder / "model.json").read_text())
    (tested.folder / "model.json").write_text(json.dumps(facts | {"threshold": threshold}))
    assert "model.json of this run is damaged" in text_of(opened("evaluate", run=tested.id))


@pytest.mark.parametrize("page", ["home", "train", "runs"])
def test_other_pages_name_the_score(tested, page, digits):
    app = opened(page, run=tested.id)
    assert is_intact(app)
    if page == "train":
        assert "Macro F1" in html_of(app) and "All labels correct" in html_of(app)


def test_no_label_is_reported_if_all_are_below_the_threshold():
    from imgcls.ui.widgets.figures.multilabel_bars import answer

    text = answer(np.array([0.2, 0.49, 0.1, 0.3]), NAMES, 0.5)
    assert "No label" in text and "✓" not in text and "<img" not in text
    text = answer(np.array([0.6, 0.2, 0.1, 0.9]), NAMES, 0.5)
    assert ">sky, boat<" in text and text.count("✓") == 2 and "left:50.0%" in text


def test_uploading_a_zip_and_a_table_marks_the_form_as_multi_label(mnist_sample, tmp_path):
    rows = some(30)
    order = archive(tmp_path / "some.zip", {name: image(number) for number, (name, _) in enumerate(rows)})
    app = opened("data")
    button(app, "Import your own images").click().run()
    app.toggle(key="label-table").set_value(True).run()
    app.file_uploader[0].upload("some.zip", (tmp_path / order.name).read_bytes(), "application/zip").run()
    app.file_uploader[1].upload("labels.csv", csv(with_semicolons(rows)).encode(), "text/csv").run()
    assert is_intact(app) and new(app)
    assert [heading.value for heading in app.header] == ["30 images with 3 labels (multi-label)"]
    assert "About 20% of each label is held out" in text_of(app)
    assert any(item.label == "Import 30 images" for item in app.button)


@pytest.mark.parametrize("view", ["Mean images", "Brightness", "Duplicates", "Outliers", "Map", "Edits"])
def test_the_explorer_shows_images_with_all_their_labels(view, mnist_sample, tmp_path):
    from imgcls.datasets.analysis import cache
    from imgcls.datasets.analysis.survey import survey

    name = imported(listing(tmp_path, with_semicolons(some(40))))
    dataset = datasets.open_dataset(name)
    folder = cache.folder_of(dataset)
    folder.mkdir(parents=True)
    found = survey(dataset, folder)
    assert found["means"].shape == (3, 28, 28, 3) and found["means"].any()
    np.savez(folder / "survey.npz", **found)
    app = opened("data", data="Leaves", explore=view)
    assert is_intact(app) and "· multi-label" in text_of(app)
    if view == "Outliers":
        assert "edit the label table and import it again" in text_of(app)
        assert "compared with the centre of all images" in text_of(app) and "near " not in html_of(app)
    if view == "Brightness":
        assert app.dataframe[0].value["Class"].tolist() == ["boat", "sea", "sky"]
    if view == "Map":
        assert app.get("plotly_chart")
    if view == "Mean images":
        assert "mean image of sea" in html_of(app)
        sea = dataset.facts.classes.index("sea")
        mean = dataset.x_train[dataset.y_train[:, sea] > 0].mean(0)
        assert np.abs(found["means"][sea] - mean).max() <= 1


def test_the_form_shows_the_split_per_label_and_the_loss(mnist_sample, tmp_path):
    imported(listing(tmp_path, with_semicolons(some(40))))
    app = opened("train", data="Leaves")
    assert is_intact(app)
    assert "images per label: boat" in text_of(app) and "binary cross-entropy" in text_of(app)
    assert not any(box.label == "Loss" for box in app.selectbox)
