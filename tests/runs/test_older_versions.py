"""Run folders that earlier versions wrote still open: one minimal folder for each older layout."""

import json

import numpy as np
import pytest

from imgcls import runs
from imgcls.config import Config
from imgcls.evaluation import predictions
from imgcls.runs import Run, backbone_facts
from imgcls.runs.predictions import epoch_predictions, validation_predictions

CLASSES = ["cat", "dog", "ant"]
LAYERS = [
    {"name": "pictures", "kind": "Input", "shape": [4, 4, 3], "parameters": 0, "detail": "uint8"},
    {"name": "flatten", "kind": "Flatten", "shape": [48], "parameters": 0, "detail": ""},
    {"name": "logits", "kind": "Dense", "shape": [3], "parameters": 147, "detail": ""},
]
MODEL = {"version": 1, "data": "own-pets", "classes": CLASSES, "shape": [4, 4, 3], "ink": False, "layers": LAYERS}
RESULT = {"outcome": "finished", "test_accuracy": 0.5, "seconds": 3.0, "epochs": 2}
SINGLE_LABEL = {"probabilities": np.eye(3, dtype=np.float32), "labels": np.array([0, 1, 1], np.int32)}
MULTI_LABEL = {"probabilities": np.eye(3, dtype=np.float32), "labels": np.eye(3, dtype=np.uint8)}

FOLDERS = {
    # The first version: a plateau switch, no version in result.json, no title, count or fit in model.json.
    "version 1": (
        {"version": 1, "data": "own-pets", "reduce_on_plateau": True, "optimizer": "adamw", "pictures": 30},
        Config(
            data="own-pets",
            schedule="plateau",
            optimizer="adamw",
            weight_decay=0.004,
            precision="float32",
            train_images=30,
        ),
        RESULT,
        MODEL,
        SINGLE_LABEL,
    ),
    "version 2": (
        {"version": 2, "data": "own-pets", "model": "deep_cnn", "model_settings": {"stages": 2}, "schedule": "cosine"},
        Config(data="own-pets", model="resnet", model_settings={"stages": 2}, schedule="cosine"),
        RESULT | {"version": 1, "counts": {"train": 20, "test": 3}},
        MODEL | {"data_title": "Pets", "parameters": 147},
        SINGLE_LABEL,
    ),
    "version 3": (
        {
            "version": 3,
            "data": "own-pets",
            "validation_share": 0.3,
            "cut_out": 2,
            "mirrored_answers": True,
            "warmup_share": 0.4,
            "averaging": 0.9,
        },
        Config(
            data="own-pets",
            validation_fraction=0.3,
            cutout=2,
            test_time_augmentation=True,
            warmup_fraction=0.4,
            ema_decay=0.9,
        ),
        RESULT | {"version": 1, "data": {"state": "9b78854b", "thrown_out": 1, "relabelled": 0}},
        MODEL | {"fit": "pad"},
        SINGLE_LABEL,
    ),
    "version 3, transfer from a run": (
        {
            "version": 3,
            "model": "transfer",
            "model_settings": {"base": "A finished run", "base_run": "old-base", "copies": 3},
        },
        Config(
            model="transfer",
            model_settings={"backbone": "One of your runs", "backbone_run": "old-base", "augmented_copies": 3},
        ),
        RESULT,
        MODEL,
        SINGLE_LABEL,
    ),
    "version 3, multi-label": (
        {"version": 3, "data": "own-pets"},
        Config(data="own-pets"),
        RESULT | {"test_macro_f1": 0.4, "test_average_precision": 0.6},
        MODEL | {"several": True, "threshold": 0.3},
        MULTI_LABEL,
    ),
}


def folder_of(path, settings, result, model, arrays) -> Run:
    path.mkdir(parents=True)
    for name, content in (("config.json", settings), ("result.json", result), ("model.json", model)):
        (path / name).write_text(json.dumps(content))
    np.savez_compressed(path / "predictions.npz", **arrays)
    np.savez_compressed(path / "gallery.npz", indices=np.array([0, 2]), pictures=np.zeros((2, 4, 4, 3), np.uint8))
    (path / "metrics.jsonl").write_text('{"kind": "epoch", "epoch": 1, "loss": 1.0, "accuracy": 0.5}\n')
    (path / "model.tflite").write_bytes(b"model")
    return Run(path)


@pytest.mark.parametrize("name", FOLDERS)
def test_a_run_folder_of_an_earlier_version_opens(name, tmp_path):
    settings, config, result, model, arrays = FOLDERS[name]
    run = folder_of(tmp_path / "20250101-120000-0badcafe", settings, result, model, arrays)
    assert run.state == "finished" and run.is_ready and run.is_tested
    assert run.config == config.changed(validation_minimum=0)  # added in version 5
    assert run.result["test_accuracy"] == 0.5
    assert run.label == run.id  # the first version had no names
    card = run.card
    assert card.classes == tuple(CLASSES) and card.shape == (4, 4, 3) and not card.is_ink
    assert card.is_multilabel == (arrays is MULTI_LABEL)
    assert card.threshold == (0.3 if card.is_multilabel else 0.5)
    assert card.fit == model.get("fit", "") and card.parameters == model.get("parameters", 0)
    found = predictions.read(run)
    assert found.is_multilabel == card.is_multilabel
    assert found.row_of.tolist() == [0, -1, 1]
    assert found.probabilities.shape == (3, 3)
    # Only files that were added later are missing.
    assert validation_predictions.read(run) is None
    assert epoch_predictions.read(run) is None


def test_the_backbone_run_of_an_older_run_still_works(tmp_path, monkeypatch):
    monkeypatch.setenv("IMGCLS_RUNS", str(tmp_path))
    backbone = folder_of(tmp_path / "old-base", *(FOLDERS["version 1"][place] for place in (0, 2, 3, 4)))
    (backbone.folder / "model.keras").write_bytes(b"model")
    settings, _, result, model, arrays = FOLDERS["version 3, transfer from a run"]
    run = folder_of(tmp_path / "old-head", settings, result, model, arrays)
    block = backbone_facts.block(run.config.model_settings)
    assert (block.features, block.parameters) == (48, 0)
    assert {found.id for found in runs.all_runs()} == {"old-head", "old-base"}


def test_settings_from_a_newer_version_give_a_damaged_run_not_a_crash(tmp_path):
    run = folder_of(
        tmp_path / "20250101-120000-0badcafe", {"version": 99}, RESULT | {"version": 99}, MODEL, SINGLE_LABEL
    )
    assert run.state == "damaged"
