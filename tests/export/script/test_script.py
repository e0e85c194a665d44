"""A run as a plain Keras script: the same split, augmentation and network, and a training run that scores alike."""

import ast
import json
import runpy
import shutil
import zipfile
from types import SimpleNamespace

import numpy as np
import pytest

from imgcls import datasets, models
from imgcls.config import Config
from imgcls.datasets.augmentation import Augmentation
from imgcls.datasets.augmentation.epoch import Epoch
from imgcls.errors import RunError
from imgcls.export import script
from imgcls.export.script import cells, sources
from imgcls.runs import Run
from imgcls.system import atomic


def changed(run: Run, **settings) -> Run:
    """A run with other settings; its files stay as they are."""
    atomic.write_json(run.folder / "config.json", run.config.changed(**settings).as_dict())
    return run


def executed(text: str, until: str, folder, monkeypatch) -> SimpleNamespace:
    """The names that a script defines when it is run up to a cell."""
    monkeypatch.chdir(folder)
    (folder / "part.py").write_text(text.partition(f"# %% {until}\n")[0], "utf-8")
    return SimpleNamespace(**runpy.run_path(str(folder / "part.py")))


@pytest.fixture
def folder(tmp_path, digits):
    """An empty folder with the four arrays of the dataset."""
    opened = datasets.open_dataset("digits")
    path = tmp_path / "elsewhere"
    path.mkdir()
    np.savez(
        path / "digits.npz", **{name: getattr(opened, name) for name in ("x_train", "y_train", "x_test", "y_test")}
    )
    return path


def test_the_notebook_runs_top_to_bottom_and_compares_itself_with_the_run(finished_run, folder):
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.reads(script.notebook(finished_run), as_version=4)
    nbformat.validate(notebook)
    NotebookClient(notebook, timeout=240, resources={"metadata": {"path": str(folder)}}).execute()
    last = notebook.cells[-1]
    told = "".join(output.get("text", "") for output in last.outputs)
    right = round(360 * finished_run.result["test_accuracy"])
    assert f"of 360 test images; in the run: {right}." in told, told
    assert "No significant difference from the run." in told, told
    assert (folder / "trained.keras").exists()


@pytest.mark.parametrize("subset", [0, 700])
def test_split_order_and_augmentation_match_the_run(finished_run, folder, monkeypatch, keras, subset):
    settings = {
        "rotation": 9,
        "shift": 1,
        "zoom": 0.1,
        "flip": True,
        "brightness": 0.1,
        "contrast": 0.2,
        "blur": 0.5,
        "noise": 8,
        "cutout": 2,
    }
    run = changed(finished_run, train_images=subset, class_weights=True, **settings)
    found = executed(script.script(run), "Training", folder, monkeypatch)

    dataset = datasets.open_dataset("digits")
    training, validation = datasets.training_split(dataset, run.config)
    assert np.array_equal(found.training_rows, training) and np.array_equal(found.validation_rows, validation)
    batches = found.batches()
    count = -(-len(training) // 32)
    for epoch in (1, 2):
        plan = Epoch(epoch, len(training), 32, run.config.seed, Augmentation.of(run.config))
        for number in range(count):
            images, labels, weights = next(batches)
            rows = training[plan.places(32 * number)]
            assert np.array_equal(images, plan.batch(dataset.x_train[rows], 32 * number))
            assert np.array_equal(labels.argmax(1), dataset.y_train[rows])
    counts = np.bincount(dataset.y_train[training])
    assert np.allclose(weights, (len(training) / (10 * counts))[dataset.y_train[rows]])


def test_edited_images_are_excluded_or_relabelled_as_in_the_run(finished_run, folder, monkeypatch, keras):
    dataset = datasets.open_dataset("digits")
    datasets.exclude(dataset, [3, 5])
    datasets.relabel(dataset, [7], (int(dataset.y_train[7]) + 1) % 10)
    edits = datasets.edits_of(dataset)
    atomic.write_json(finished_run.folder / "data.json", edits.as_dict())
    found = executed(script.script(finished_run), "Batches", folder, monkeypatch)

    opened = datasets.open_for_training("digits", edits)
    training, validation = datasets.training_split(opened, finished_run.config)
    assert set(found.training_rows) == set(training) and np.array_equal(found.validation_rows, validation)
    assert not {3, 5} & {*found.training_rows, *found.validation_rows}
    assert found.y_train[7] == opened.y_train[7] != dataset.y_train[7]


@pytest.mark.parametrize("family", models.names())
def test_every_family_becomes_a_script_that_compiles(finished_run, family):
    """What a script of each family does is checked by `making`; here every setting of one is written once."""
    run = changed(
        finished_run,
        model=family,
        model_settings={"fine_tuning_epochs": 2} if models.has_backbone(family) else {},
        optimizer="muon",
        schedule="one_cycle",
        ema_decay=0.9,
        weight_decay=0.01,
        test_time_augmentation=True,
        label_smoothing=0.1,
        monitor="accuracy",
        deterministic=True,
        flip=True,
    )
    text = script.script(run)
    compile(text, family, "exec")
    assert "imgcls" not in [
        line.split()[1].partition(".")[0] for line in text.splitlines() if line.startswith("import ")
    ]
    assert "from imgcls" not in text
    assert "EarlyStopping keeps the first" in " ".join(text.replace("#", " ").split())
    for name, value in run.config.model_settings.items():
        assert f"{name}={value!r}" in text


def test_what_the_script_cannot_express_is_named(finished_run):
    result = json.loads((finished_run.folder / "result.json").read_text())
    atomic.write_json(finished_run.folder / "result.json", result | {"outcome": "stopped"})
    with (finished_run.folder / "metrics.jsonl").open("a") as file:
        file.write('{"kind": "change", "epoch": 1.5, "what": "learning_rate", "value": 0.01, "number": 1}\n')
    text = " ".join(script.script(changed(finished_run, folds=3)).replace("#", " ").split())
    assert "at epoch 1.50, the setting learning_rate was changed to 0.01" in text
    assert "stopped before its last epoch" in text and "cross-validation of the run is not repeated" in text


def test_user_supplied_names_cannot_become_code(finished_run):
    card = json.loads((finished_run.folder / "model.json").read_text())
    evil = ['"]; import os; os.abort()  #', "\n# %% Data\nraise SystemExit", *card["classes"][2:]]
    atomic.write_json(finished_run.folder / "model.json", card | {"classes": evil, "data_title": "a\nimport os"})
    finished_run.rename("x”\nimport os\n# %% Model")
    text = script.script(finished_run)
    compile(text, "script", "exec")
    found = [cell for cell in cells.split(text) if cell.title == "Settings"]
    assert len(found) == 1
    tree = ast.parse(found[0].content)
    values = {node.targets[0].id: node.value for node in tree.body if isinstance(node, ast.Assign)}
    assert ast.literal_eval(values["CLASSES"]) == evil
    assert not [line for line in text.splitlines() if line.startswith("import os") and line != "import os"]
    assert text.count("\nimport os\n") == 1


def test_the_scale_in_a_foreign_model_file_cannot_become_code(finished_run):
    layer = {"config": {"name": "normalise", "scale": "__import__('os').abort()", "offset": 0.0}}
    with zipfile.ZipFile(finished_run.folder / "model.keras", "w") as archive:
        archive.writestr("config.json", json.dumps({"config": {"layers": [layer]}}))
    with pytest.raises(RunError, match="normalisation is not a number"):
        script.script(finished_run)


def test_runs_that_cannot_become_a_script_are_reported(finished_run):
    shutil.copyfile(finished_run.folder / "model.json", finished_run.folder / "model.keras")
    with pytest.raises(RunError, match=r"model\.keras of this run is damaged"):
        script.script(finished_run)
    settings = {"backbone": "One of your runs", "backbone_run": finished_run.id}
    with pytest.raises(RunError, match="another run of yours"):
        script.script(changed(finished_run, model="transfer", model_settings=settings))


def test_copied_functions_include_their_dependencies_and_new_defaults():
    found = sources.copied("datasets/augmentation/photometric.py", ["adjust"], renamed={"BLOCK": "TOGETHER"})
    assert "TOGETHER = 16" in found.code and "BLOCK" not in found.code
    assert "def _noise_table(length):" in found.code and "@lru_cache(2)" in found.code
    assert "def cutout" not in found.code
    assert set(found.imports) >= {"from functools import lru_cache", "import numpy as np"}
    family = sources.copied("models/families/cnn.py", ["classify"], defaults=Config().model_settings | {"filters": 12})
    assert "filters=12" in family.code and "Annotated" not in family.code and family.imports == ()
