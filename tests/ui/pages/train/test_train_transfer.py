"""Transfer learning on the pages: the form, weights and downloads, the stage boundary on the curve."""

import json
import time

import numpy as np
import pytest

from imgcls.config import Config
from imgcls.jobs import estimates
from imgcls.models import feature_cache, weights
from imgcls.models.backbones import NETWORKS, RUN
from imgcls.runs.metrics_log import Curves
from imgcls.system import paths
from imgcls.ui.cache import curves as cached_curves
from imgcls.ui.train import backbone, settings_form
from tests.support.pages import button, is_intact, opened, text_of

TITLE = "Transfer learning"
DOWNLOADED = {"transfer.backbone": "MobileNetV2"}
LOOKS = {("VGG16", 96): 10.0}


@pytest.fixture
def data() -> str:
    from imgcls import datasets

    return datasets.facts("digits").title


def test_the_default_backbone_is_fast_where_there_are_many_images(data, digits):
    choices = {
        title: next(box.value for box in opened("train", model=TITLE, data=title).selectbox if box.label == "Backbone")
        for title in (data, "CIFAR-10")
    }
    assert choices == {data: "EfficientNet-Lite0", "CIFAR-10": "MobileNet 0.25"}
    kept = opened("train", model=TITLE, data="CIFAR-10", **{"transfer.backbone": "EfficientNet-Lite0"})
    assert next(box.value for box in kept.selectbox if box.label == "Backbone") == "EfficientNet-Lite0"


def test_an_included_backbone_can_start_immediately(data, digits):
    app = opened("train", model=TITLE, data=data)
    assert is_intact(app)
    assert "EfficientNet-Lite0 (accurate) is included: no download." in text_of(app)
    assert not button(app, "Start").disabled
    app = opened("train", model=TITLE, data=data, **{"transfer.backbone": "MobileNet 0.25"})
    assert "MobileNet 0.25 (fast) is included: no download." in text_of(app)
    assert "its 256-dimensional features are cached" in text_of(app)
    assert not button(app, "Start").disabled


def test_without_weights_the_form_lists_solutions_and_cannot_start(data, digits):
    app = opened("train", model=TITLE, data=data, **DOWNLOADED)
    assert is_intact(app)
    assert "MobileNetV2 needs its pretrained weights, a one-time download of 9.4 MB." in text_of(app)
    assert f"choose '{RUN}' as the backbone" in text_of(app)
    assert button(app, "Download 9.4 MB")
    assert button(app, "Start").disabled


def test_with_weights_the_form_confirms_and_can_start(data, digits):
    folder = paths.cache_folder() / "weights"
    folder.mkdir(parents=True)
    (folder / NETWORKS["MobileNetV2"].file).write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(200))
    app = opened("train", model=TITLE, data=data, **DOWNLOADED)
    assert is_intact(app)
    assert "The weights of MobileNetV2 are on this machine." in text_of(app)
    assert "its 1280-dimensional features are cached" in text_of(app)
    assert not button(app, "Start").disabled


def test_a_damaged_file_is_reported_before_the_start(data, digits):
    folder = paths.cache_folder() / "weights"
    folder.mkdir(parents=True)
    (folder / NETWORKS["MobileNetV2"].file).write_bytes(b"<html>Sign in</html>")
    app = opened("train", model=TITLE, data=data, **DOWNLOADED)
    assert "should hold weights (HDF5) but is a web page." in text_of(app)
    assert button(app, "Start").disabled


def test_a_running_download_shows_its_progress(data, digits):
    network = NETWORKS["MobileNetV2"]
    task = weights.task_of(network)
    task.folder.mkdir(parents=True)
    task.write_progress("running", 0.0, "Connecting")
    app = opened("train", model=TITLE, data=data, **DOWNLOADED)
    assert is_intact(app)
    assert button(app, "Cancel")
    assert button(app, "Start").disabled
    button(app, "Cancel").click().run()
    assert weights.fetch_state(network).state == "idle"


def test_a_finished_run_as_backbone_needs_no_download_and_warns_about_leakage(data, finished_run):
    finished_run.rename("A *bold* <b>run</b> $x$")
    app = opened("train", model=TITLE, data=data, **{"transfer.backbone": RUN})
    assert is_intact(app)
    assert "so the validation score is too optimistic" in text_of(app)
    assert not button(app, "Start").disabled
    (chosen,) = [box for box in app.selectbox if box.label == "Backbone run"]
    assert chosen.value == finished_run.id
    assert app.query_params["transfer.backbone_run"] == finished_run.id


def test_without_runs_choosing_a_run_as_backbone_shows_one_error(data, digits):
    app = opened("train", model=TITLE, data=data, **{"transfer.backbone": RUN})
    assert "No run is selected as the backbone. Train a model first, or select a pretrained network." in text_of(app)
    assert "Something went wrong" not in text_of(app)


def test_the_settings_of_a_run_reopen_the_form(data, finished_run):
    values = {"backbone": RUN, "backbone_run": finished_run.id, "fine_tuning_epochs": 3, "augmented_copies": 6}
    config = Config(data="digits", model="transfer", model_settings=values, rotation=10, epochs=7)
    app = opened("train", **settings_form.query_of(settings_form.form_of(config)))
    assert is_intact(app)
    found = {box.key: box.value for kind in (app.selectbox, app.slider, app.number_input) for box in kind}
    assert found["transfer.backbone"] == RUN
    assert found["transfer.backbone_run"] == finished_run.id
    assert (found["transfer.fine_tuning_epochs"], found["transfer.augmented_copies"], found["epochs"]) == (3, 6, 7)
    assert "The backbone runs once on 6 augmented copies of each image" in text_of(app)


def test_irrelevant_settings_are_not_offered(data, digits):
    app = opened("train", model=TITLE, data=data, optimizer="sgd", seed="3")
    labels = {box.label for kind in (app.selectbox, app.slider, app.number_input) for box in kind}
    assert {"Optimiser", "Seed"} <= labels
    assert not {"Normalisation", "Precision"} & labels


def test_the_backbone_table_compares_backbones(data, digits):
    app = opened("train", model=TITLE, data=data)
    assert len(app.dataframe) == 0  # a closed section costs nothing
    app.session_state["bases"] = True
    (table,) = [frame.value for frame in app.run().dataframe]
    assert list(table["Backbone"]) == list(NETWORKS)
    assert list(table["Download"]) == [
        "included (accurate)",
        "included (fast)",
        "9.4 MB",
        "24.3 MB",
        "94.8 MB",
        "58.9 MB",
    ]
    assert set(table["Time per pass"]) == {"–"}


def test_cached_features_are_shown_and_can_be_deleted(data, digits):
    rows = np.arange(500)
    with feature_cache.storing({"data": "x"}, rows, 1, 1000) as writer:
        writer.write(0, rows, np.zeros((500, 1000)))
    app = opened("train", model=TITLE, data=data)
    app.session_state["bases"] = True
    app.run()
    assert "Cached features use 2 MB of at most 4 GB" in text_of(app)
    button(app, "Clear cache").click().run()
    assert feature_cache.total_bytes() == 0
    assert button(app, "Clear cache").disabled


@pytest.mark.parametrize(
    ("base", "size", "words"),
    [("VGG16", 96, "1 min 40 s"), ("VGG16", 192, "about 6 min 40 s"), ("ResNet50", 96, "–")],
)
def test_the_time_of_a_backbone_is_measured_or_extrapolated_from_another_size(base, size, words):
    assert backbone.pass_duration(base, size, 1000, LOOKS) == words


def test_measurements_come_from_the_newest_run(make_run):
    for number, rate in ((1, 100.0), (2, 200.0)):
        config = Config(model="transfer", model_settings={"backbone": "VGG16"}).as_dict()
        result = {"version": 1, "outcome": "finished", "feature_rate": rate}
        run = make_run(f"20260102-030405-0000000{number}", **{"config.json": config, "result.json": result})
        (run.folder / "trainer.json").write_text(json.dumps({"started": time.time() + number}))
    assert estimates.feature_rates() == {("VGG16", 128): 200.0}


def test_the_queue_estimate_includes_both_stages_and_the_features(make_run):
    config = Config(model="transfer", model_settings={"fine_tuning_epochs": 5}, epochs=5)
    counts = {"train": 100}
    result = {"version": 1, "outcome": "finished", "counts": counts, "epochs": 10, "training_seconds": 30.0}
    make_run(**{"config.json": config.as_dict(), "result.json": {**result, "feature_seconds": 10.0}})
    known = estimates.paces()
    assert estimates.seconds(config, 100, known) == pytest.approx(estimates.START_SECONDS + 40)
    other = config.changed(model_settings={"backbone": "VGG16", "fine_tuning_epochs": 5})
    assert estimates.seconds(other, 100, known) is None


# ---- the curve


LINES = [
    {"kind": "plan", "train": 100, "epochs": 5, "head_epochs": 3},
    {"kind": "phase", "phase": "features"},
    {"kind": "features", "done": 30, "total": 120},
    *({"kind": "epoch", "epoch": n, "val_loss": 1 / n, "val_accuracy": 0.5, "seconds": 0.1} for n in (1, 2, 3)),
    {"kind": "stage", "epoch": 3, "name": "fine-tuning"},
    {"kind": "epoch", "epoch": 4, "val_loss": 0.2, "val_accuracy": 0.6, "seconds": 20.0},
]


def written(path, lines) -> Curves:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return Curves(path).refresh()


def test_the_log_reader_recognises_the_stages(tmp_path):
    looking = written(tmp_path / "1", LINES[:3])
    assert (looking.phase, looking.features_done) == ("features", 0.25)
    head = written(tmp_path / "2", LINES[:6])
    assert (head.stage_start, head.stage_end, head.total_epochs) == (0, 3, 5)
    assert head.seconds_left is None  # the speed of fine-tuning is still unknown
    tuned = written(tmp_path / "3", LINES)
    assert (tuned.stage_start, tuned.stage_end, tuned.total_epochs) == (3, 5, 5)
    assert tuned.seconds_left == pytest.approx(20)
    assert tuned.of_stage("val_loss")[1] == pytest.approx([0.2])


def test_a_repeated_boundary_counts_once_and_a_withdrawn_one_not_at_all(tmp_path):
    stage = LINES[6]
    twice = written(tmp_path / "1", [*LINES, {"kind": "resumed", "epoch": 3.0}, stage])
    assert len(twice.stages) == 1
    back = written(tmp_path / "2", [*LINES, {"kind": "resumed", "epoch": 2.0}])
    assert back.stages == []
    assert (back.stage_end, back.total_epochs) == (3, 5)


@pytest.mark.parametrize(
    "corruption", [{"epoch": "x"}, {"epoch": None}, {"epochs": "many"}, {"name": 5}, {"epochs": 1e400}]
)
def test_a_damaged_boundary_does_not_break_the_page(corruption, make_run, digits):
    lines = [*LINES[:6], {**LINES[6], **corruption}, LINES[7]]
    text = "".join(json.dumps(line) + "\n" for line in lines).replace("Infinity", "1e400")
    run = make_run(heartbeat=0, **{"metrics.jsonl": text.encode()})
    assert is_intact(opened("train", run=run.id))


def test_the_stage_boundary_is_drawn(make_run, digits):
    text = "".join(json.dumps(line) + "\n" for line in LINES).encode()
    run = make_run(heartbeat=0, **{"metrics.jsonl": text})
    figure = cached_curves.learning_curve(cached_curves.curves(run), "loss").figure.to_dict()
    assert [mark["x0"] for mark in figure["layout"]["shapes"]] == [3]
    assert figure["layout"]["annotations"][0]["text"] == "fine-tuning begins"


def test_the_live_page_shows_the_backbone_progress(make_run, digits):
    text = "".join(json.dumps(line) + "\n" for line in LINES[:3]).encode()
    run = make_run(heartbeat=0, **{"metrics.jsonl": text})
    app = opened("train", run=run.id)
    assert is_intact(app)
    texts = [element.proto.text for element in app.get("progress")]
    assert texts == ["Extracting features … 30 of 120 images; computed once, reused for every head."]
