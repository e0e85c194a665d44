"""Every page without a browser: without runs, with an intact run, damaged runs, and invalid links."""

import itertools
import json
import re

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from imgcls import models, runs
from imgcls.config import PARAMS, Config, choice_names
from imgcls.evaluation import predictions
from imgcls.system.addresses import WORD_JOINER
from imgcls.ui.app import errors
from imgcls.ui.train import settings_form
from imgcls.ui.widgets import formatting, run_select
from tests.support.pages import HOSTILE, broken_copy, html_of, is_intact, opened, prepared, text_of

PAGES = ("home", "data", "train", "runs", "evaluate", "predict")


@pytest.mark.parametrize("page", PAGES)
def test_every_page_works_without_runs(page, digits):
    app = opened(page)

    assert is_intact(app)
    if page in ("evaluate", "predict", "runs"):
        assert any(button.label == "Train a model" for button in app.button)


@pytest.mark.parametrize("page", PAGES)
def test_every_page_works_with_a_finished_run(page, finished_run):
    app = opened(page, run=finished_run.id)

    assert is_intact(app)
    assert app.title


def test_evaluate_shows_the_scores_of_the_predictions(finished_run):
    app = opened("evaluate", run=finished_run.id)

    pieces = [str(block.proto.body) for block in app.get("html")]
    numbers = next(piece for piece in pieces if 'class="numbers"' in piece)
    for name in ("Macro precision", "Macro recall", "Macro F1", "Weighted F1", "Cross-entropy"):
        assert f"<dt>{name}" in numbers
    assert any(formatting.fraction(finished_run.result["test_accuracy"]) in piece for piece in pieces)
    matrix = predictions.read(finished_run).report.matrix
    errors = int(matrix.sum() - np.trace(matrix))
    most = max(matrix[a, b] + matrix[b, a] for a in range(10) for b in range(a))
    assert f", {most} of {errors} errors" in numbers
    assert "360 held-out test images" in numbers


@pytest.mark.parametrize("cell", ["0-99", "-1-2", "a-b", "1e9-1", "9" * 5000 + "-1", "٣-1", "", "-", "NaN-NaN"])
def test_an_invalid_cell_in_the_link_is_ignored(finished_run, cell):
    app = opened("evaluate", run=finished_run.id, cell=cell)

    assert is_intact(app)
    assert "Cell" not in [option for control in app.get("button_group") for option in getattr(control, "options", [])]


def test_a_cell_in_the_link_selects_its_images(finished_run):
    app = opened("evaluate", run=finished_run.id, cell="3-3")

    assert is_intact(app)
    gallery = next(str(block.proto.body) for block in app.get("html") if "tiles" in str(block.proto.body))
    assert gallery.count("<img") > 10
    assert gallery.count("true class 3, predicted 3") == gallery.count("<img")


@pytest.mark.parametrize(
    ("page", "run_id"),
    [
        *(("train", run_id) for run_id in ("a/b", "%2e%2e", "x" * 10_000, "\u202e")),
        *itertools.product(("train", "evaluate", "predict"), ("../../etc", "20990101-000000-00000000", "")),
    ],
)
def test_a_missing_run_in_the_link_is_reported(page, run_id, finished_run):
    app = opened(page, run=run_id)

    assert is_intact(app)
    if run_id:
        assert "There is no run" in text_of(app)


CORRUPTIONS = {
    "result.json truncated": lambda folder: (folder / "result.json").write_text('{"outcome": "fin'),
    "result.json from a newer version": lambda folder: (folder / "result.json").write_text('{"version": 99}'),
    "result.json with text instead of numbers": lambda folder: (folder / "result.json").write_text(
        json.dumps({"version": 1, "outcome": "finished", "test_accuracy": "0.9", "counts": None, "message": 7})
    ),
    "result.json is a list": lambda folder: (folder / "result.json").write_text("[]"),
    "config.json missing": lambda folder: (folder / "config.json").unlink(),
    "config.json empty": lambda folder: (folder / "config.json").write_text(""),
    "config.json out of range": lambda folder: (folder / "config.json").write_text('{"epochs": -3}'),
    "model.json missing": lambda folder: (folder / "model.json").unlink(),
    "model.json truncated": lambda folder: (folder / "model.json").write_text('{"classes": ["a"'),
    "model.json with other classes": lambda folder: (folder / "model.json").write_text(
        json.dumps({"classes": ["a", "b"], "shape": [8, 8, 1], "ink": True})
    ),
    "model.json with numbers instead of names": lambda folder: (folder / "model.json").write_text(
        json.dumps({"classes": list(range(10)), "shape": ["a", 8, 1], "ink": True})
    ),
    "model.tflite truncated": lambda folder: cut(folder / "model.tflite"),
    "model.tflite empty": lambda folder: (folder / "model.tflite").write_bytes(b""),
    "predictions.npz truncated": lambda folder: cut(folder / "predictions.npz"),
    "predictions.npz missing": lambda folder: (folder / "predictions.npz").unlink(),
    "gallery.npz truncated": lambda folder: cut(folder / "gallery.npz"),
    "gallery.npz missing": lambda folder: (folder / "gallery.npz").unlink(),
    "metrics.jsonl empty": lambda folder: (folder / "metrics.jsonl").write_text(""),
    "metrics.jsonl truncated and full of garbage": lambda folder: (folder / "metrics.jsonl").write_bytes(
        b'{"kind": "epoch"}\n\xff\xfe\n[1]\n{"kind": "batch", "loss": null, "epoch": "x"}\n{"kind": "pl'
    ),
}


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize("corruption", CORRUPTIONS)
def test_a_damaged_run_shows_one_error_and_all_pages_work(corruption, finished_run):
    bad = broken_copy(finished_run, "20260102-120000-0badcafe")
    CORRUPTIONS[corruption](bad.folder)

    for page in ("train", "evaluate", "predict"):
        app = opened(page, run=bad.id)
        assert is_intact(app), (page, [error.value for error in app.exception], text_of(app))
        if page == "evaluate" and corruption.startswith("result.json"):
            assert not app.error, "the page needs only predictions.npz"


def test_damaged_runs_do_not_affect_lists_or_other_runs(finished_run):
    for number, corruption in enumerate(CORRUPTIONS.values()):
        corruption(broken_copy(finished_run, f"20260102-1200{number:02}-0badcafe").folder)

    for page in PAGES:
        app = opened(page, run=finished_run.id)
        assert is_intact(app), (page, [error.value for error in app.exception], text_of(app))


def test_predict_opens_with_the_run_that_was_looked_at_last(finished_run):
    newer = broken_copy(finished_run, "20990101-120000-0badcafe")
    assert opened("predict").query_params["run"] == newer.id
    app = prepared("predict")
    app.session_state[run_select.RECENT] = finished_run.id
    app.run()
    assert app.query_params["run"] == finished_run.id
    looked_at = opened("train", run=finished_run.id)
    assert looked_at.session_state[run_select.RECENT] == finished_run.id


def test_names_with_markup_are_shown_literally(finished_run):
    facts = json.loads((finished_run.folder / "model.json").read_text())
    facts["classes"] = [HOSTILE[number % len(HOSTILE)] + str(number) for number in range(10)]
    (finished_run.folder / "model.json").write_text(json.dumps(facts))
    finished_run.rename(HOSTILE[1])

    for page in PAGES:
        app = opened(page, run=finished_run.id)
        assert is_intact(app)
        for kind in (app.markdown, app.caption, app.title, app.button):
            for element in kind:
                text = str(getattr(element, "value", "")) if kind is not app.button else element.label
                assert "![](" not in text, (page, text)
        for block in app.get("html"):
            assert "<img src=x" not in str(block.proto.body)


def test_a_failed_run_gives_its_reason(digits):
    run = runs.create(Config(data="digits"))
    (run.folder / "result.json").write_text(json.dumps({"version": 1, "outcome": "failed", "message": "It broke."}))

    assert "It broke." in text_of(opened("train", run=run.id))


def test_the_form_builds_the_config_from_its_link(digits):
    config = Config(
        data="digits",
        model="ann",
        model_settings={"units": 64, "dropout": 0.5, "activation": "tanh"},
        epochs=3,
        learning_rate=0.01,
        optimizer="sgd",
        shift=1,
        early_stopping=False,
        seed=7,
        train_images=500,
        label_smoothing=0.1,
    )
    app = opened("train", **settings_form.query_of(settings_form.form_of(config)))
    next(button for button in app.button if button.label == "Start").click().run()

    assert is_intact(app)
    (run,) = runs.all_runs()
    assert run.config == config
    assert run.label == "Dense network on Small digits"
    assert not run.has_ended
    assert app.query_params["run"] in (run.id, [run.id])


def controls(app: AppTest) -> set[str]:
    """The keys of the controls that the form rendered."""
    kinds = (app.selectbox, app.slider, app.number_input, app.toggle)
    return {element.key for kind in kinds for element in kind}


def titles(app: AppTest) -> str:
    """What the style sheets add to the titles of closed sections."""
    return "\n".join(str(block.proto.body) for block in app.get("html") if "summary" in str(block.proto.body))


def test_a_closed_section_renders_its_controls_only_if_one_is_changed(digits):
    app = opened("train")
    settings = {"data", "train_images", "model", "cnn.blocks", "cnn.filters", "epochs", "learning_rate"}
    assert controls(app) == settings | {"seeds", "vary"}
    assert "seed 0" in titles(app)

    app = opened("train", seed="7", **{"cnn.dropout": "0.5"})
    assert {"seed", "validation_fraction", "cnn.dropout"} <= controls(app)
    assert "patience" not in controls(app)
    assert "seed 7" in titles(app)
    assert app.number_input(key="seed").value == 7
    assert app.slider(key="cnn.dropout").value == 0.5


def test_a_setting_is_kept_when_switching_models_back_and_forth(digits):
    app = opened("train", **{"cnn.dropout": "0.5"})
    app.selectbox(key="model").select("ann").run()
    assert "cnn.dropout" not in controls(app)
    app.selectbox(key="model").select("cnn").run()

    assert app.slider(key="cnn.dropout").value == 0.5


def test_invalid_settings_show_one_error(digits):
    app = opened("train", data="Small digits", images="100", model="ann", validation_fraction="0.5")
    assert is_intact(app)

    app = opened("train", data="no such set", epochs="NaN", learning_rate="-1", batch_size="1e99", model="🙂" * 1000)
    assert is_intact(app)


@pytest.mark.parametrize("value", ["inf", "-Infinity", "nan", "1e999", "9" * 5000])
@pytest.mark.parametrize("name", ["batch_size", "epochs", "learning_rate", "cnn.units"])
def test_an_invalid_number_in_the_link_shows_one_error(name, value, digits):
    app = opened("train", data="Small digits", **{name: value})
    assert is_intact(app)
    assert f"The link sets “{name}” to '{value[:20]}" in text_of(app)
    assert name not in app.query_params
    assert is_intact(app.run())
    assert "The link sets" not in text_of(app)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("epochs", "0", "Epochs must be between 1 and 1000, not 0."),
        ("optimizer", "lion", "Choose one of: adam, adamw"),
        ("model", "vit", "Model cannot be 'vit'. Choose one of: ann, cnn"),
        ("train_images", "-5", "must be"),
        ("early_stopping", "maybe", "must be true or false"),
    ],
)
def test_a_link_with_an_impossible_setting_says_so_instead_of_silently_using_the_default(name, value, reason, digits):
    app = opened("train", data="Small digits", **{name: value})
    assert is_intact(app)
    assert f"The link sets “{name}” to '{value}'" in text_of(app)
    assert reason in text_of(app)


def test_a_link_may_name_a_model_and_a_number_of_images_as_the_shell_does(digits):
    app = opened("train", data="Small digits", model="ann", train_images="100")
    assert app.selectbox(key="model").value == "ann"
    assert app.selectbox(key="train_images").value == 100
    app = opened("train", data="MNIST sample", train_images="1000")
    assert app.selectbox(key="train_images").value == 1000
    assert "The link sets" not in text_of(app)


def test_values_with_a_technical_name_have_a_plain_one_in_their_select_box_and_in_the_link(digits):
    app = opened("train", data="Small digits", optimizer="sgd", schedule="One-cycle", loss="categorical_crossentropy")
    assert app.selectbox(key="optimizer").value == "sgd" and "AdamW" in app.selectbox(key="optimizer").options
    assert app.selectbox(key="loss").options == ["Cross-entropy", "Cross-entropy, sparse labels"]
    assert app.selectbox(key="schedule").value == "one_cycle"
    assert app.query_params["optimizer"] == "SGD" and "loss" not in app.query_params
    assert "SGD, batch size 64, cross-entropy" in html_of(app) and is_intact(app)


def test_each_value_with_a_plain_name_is_one_that_the_setting_can_have():
    for name, values in choice_names.NAMES.items():
        limits = next(param.limits for param in PARAMS if param.name == name)
        assert set(values) == set(limits.options)
        assert all(choice_names.read(name, text) == value for value, text in values.items())


def test_the_list_of_models_has_half_a_line_about_each(digits):
    rules = html_of(opened("train", data="Small digits"))
    for at, name in enumerate(models.names()):
        assert f'[aria-label="Model"] [data-key=\'{at}\']::after{{content:"{models.in_short(name)}"}}' in rules


def test_a_model_that_does_not_fit_its_images_shows_one_error(digits):
    app = opened("train", **{"data": "Small digits", "cnn.blocks": "4"})

    assert is_intact(app)
    assert "Use fewer blocks or larger images" in text_of(app)


def test_a_dataset_to_download_names_both_options(digits):
    app = opened("data", data="CIFAR-100")

    assert is_intact(app)
    assert "about 27 s at 50 Mbit/s" in text_of(app)
    assert any(button.label == "Download 169 MB" for button in app.button)
    assert "IMGCLS_DATA" not in text_of(app)
    (tip,) = [one.help for one in app.caption if one.value == "No internet on this machine?"]
    assert "cifar100.npz into the folder set by IMGCLS_DATA" in tip.replace("\\", "")


def test_a_bug_shows_one_error_with_an_id_from_the_log(digits, monkeypatch, caplog):
    def broken():
        raise ZeroDivisionError("secret path /somewhere")

    monkeypatch.setattr(runs, "all_runs", broken)
    app = opened("home")

    assert "Something went wrong on our side" in text_of(app)
    assert "secret" not in text_of(app)
    number = app.error[0].value.split()[-1].rstrip(".")
    assert number in caplog.text
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize(
    "text", ["https://evil.example/x", "HTTP://evil.example", "www.evil.example", "mail@evil.example", "a+b@c-d.ef"]
)
def test_a_url_in_a_name_is_not_turned_into_a_link(text):
    shown = errors.plain(text).replace("\\", "")
    assert not re.search(r"https?://|www\.|@\w", shown, re.IGNORECASE)
    assert shown.replace(WORD_JOINER, "") == text


def test_options_of_select_boxes_are_names_without_escapes(finished_run):
    """Unlike buttons and pills, Streamlit shows them as they are: a backslash would be seen."""
    names = ["T-shirt/top", "a_b*c", "www.evil.example", *"3456789"]
    card = json.loads((finished_run.folder / "model.json").read_text())
    (finished_run.folder / "model.json").write_text(json.dumps(card | {"classes": names}))
    app = opened("evaluate", run=finished_run.id, view="Curves & calibration", part="Curves")
    assert is_intact(app)
    options = {option for box in [*app.selectbox, *app.multiselect] for option in box.options}
    assert options >= set(names), options
    assert not [option for option in options if "\\" in option or WORD_JOINER in option]


@pytest.mark.parametrize("text", [*HOSTILE, ":material/home:", ":red[x]", "# x", "1. x", "a_b_c", "~~x~~", "`x`"])
def test_plain_text_contains_no_markdown(text):
    escaped = errors.plain(text)

    assert escaped.replace("\\", "").replace(WORD_JOINER, "") == text.replace("\\", "")
    for place, letter in enumerate(escaped):
        if letter in "*_[]<>#$`~:!":
            assert escaped[place - 1] == "\\"
