"""`imgcls train`: every setting has an option, scores are printed, and an invalid value prints one line."""

import json
import subprocess
import sys

import pytest

from imgcls import models, runs
from imgcls.cli import exit_codes
from imgcls.cli.main import main
from imgcls.config import PARAMS, Config
from imgcls.datasets import recipes
from imgcls.evaluation import repeated_seeds
from imgcls.system import paths
from imgcls.training import trainer

pytestmark = pytest.mark.timeout(240)


def train(*arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "imgcls", "train", *arguments]
    return subprocess.run(command, cwd=paths.repository_folder(), capture_output=True, text=True, timeout=240)


def refused(capsys, *arguments: str, code: int = exit_codes.USAGE) -> str:
    """The one line on stderr for invalid arguments."""
    assert main(["train", *arguments]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.endswith("\n")
    assert err.count("\n") == 1
    assert runs.all_runs() == []
    return err.strip()


def test_training_from_the_shell_prints_scores_and_adds_the_run_to_the_list(digits):
    done = train(
        *("--data", "digits", "--model", "ann", "--epochs", "1", "--units", "32", "--now"),
        *("--id", "from-shell", "--name", "From a shell"),
    )
    assert done.returncode == 0, done.stderr
    assert "1,221 training, 216 validation and 360 test images; 2,778 parameters." in done.stdout
    assert "Epoch 1/1: loss " in done.stdout
    run = runs.find("from-shell")
    assert f"Test accuracy {run.result['test_accuracy']:.1%}, cross-entropy " in done.stdout
    assert done.stdout.splitlines()[-1] == f"Run from-shell in {run.folder}"
    assert done.stdout.splitlines()[0] == str(run.folder), "a program that reads the output can follow the run"
    assert run.state == "finished"
    assert run.label == "From a shell"
    assert run.config == Config(data="digits", model="ann", epochs=1, model_settings={"units": 32})
    again = train("--data", "digits", "--id", "from-shell")
    assert again.returncode == 2
    assert again.stderr.strip() == ("There is already a run 'from-shell'. Choose another --id, or delete it first.")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--epochs", "0"), "Epochs must be between 1 and 1000, not 0."),
        (("--epochs", "many"), "Epochs must be a number, not 'many'."),
        (("--epochs", "2.5"), "Epochs must be an integer, not 2.5."),
        (("--learning-rate", "-1"), "Learning rate must be between 1e-06 and 1e+06, not -1."),
        (("--flip", "perhaps"), "Flip must be true or false, not 'perhaps'."),
        (("--optimizer", "lion"), "Optimiser cannot be 'lion'. Choose one of: adam, adamw, sgd, rmsprop, nadam, muon."),
        (("--model", "resnet5"), "There is no model 'resnet5'. Choose one of: ann, cnn, deep_cnn, resnet, transfer."),
        (("--model", "ann", "--units", "7"), "Units must be between 8 and 1024, not 7."),
    ],
)
def test_an_invalid_value_prints_one_line(capsys, arguments, said):
    assert refused(capsys, *arguments) == said


def test_a_missing_settings_file_is_reported_as_missing(capsys):
    said = refused(capsys, "--config", "nowhere.json", code=exit_codes.NOT_FOUND)
    assert said == "No such settings file: nowhere.json"


def test_an_unknown_dataset_prints_one_line_with_the_choices(capsys):
    assert refused(capsys, "--data", "emnist").startswith("No dataset is called 'emnist'. Available: mnist_sample, ")


@pytest.mark.parametrize("run_id", ["../evil", "/tmp/evil", "With Capitals", "a", ".hidden", "x" * 60])
def test_an_invalid_id_prints_one_line(capsys, digits, tmp_path, run_id):
    said = refused(capsys, "--data", "digits", "--id", run_id)
    assert said.startswith(f"Invalid run ID '{run_id}'")
    assert not (tmp_path / "evil").exists()


def test_an_unknown_option_suggests_a_similar_one_and_mentions_help(capsys):
    said = refused(capsys, "--model", "ann", "--unitz", "8")
    assert said == "Unknown option: --unitz. Did you mean --units? See: imgcls train --help"


@pytest.mark.parametrize("argument", ["no-such-run", "./nowhere"])
def test_a_missing_run_is_reported_as_missing(capsys, argument):
    assert argument in refused(capsys, argument, code=exit_codes.NOT_FOUND)


def test_a_finished_run_cannot_be_resumed(capsys, make_run):
    make_run("over", **{"result.json": {"outcome": "finished"}})
    assert main(["train", "over"]) == exit_codes.USAGE
    assert "cannot be resumed: it is " in capsys.readouterr().err


def test_a_run_being_trained_by_another_process_is_left_alone(capsys, make_run):
    run = make_run(heartbeat=0, word="paused", trainer=0)
    (run.folder / "process.json").write_text('{"pid": 1}')
    assert main(["train", run.id]) == exit_codes.USAGE
    assert "is being trained by another process" in capsys.readouterr().err
    assert (run.folder / "process.json").exists()


def test_without_arguments_it_prints_its_help(capsys):
    assert main(["train"]) == exit_codes.OK
    assert "Usage: imgcls train" in capsys.readouterr().out


def test_an_invalid_value_exits_with_status_2():
    done = train("--epochs", "0")
    assert done.returncode == 2
    assert done.stderr == "Epochs must be between 1 and 1000, not 0.\n"
    assert done.stdout == ""


@pytest.mark.parametrize("name", models.names())
def test_help_lists_the_flag_of_every_setting_and_every_param_of_the_model(capsys, monkeypatch, name):
    monkeypatch.setenv("COLUMNS", "1000")
    assert main(["train", "--help", "--model", name]) == exit_codes.OK
    text = " ".join(capsys.readouterr().out.replace("│", " ").split())
    for param in (*PARAMS, *models.params(name)):
        assert f"{param.flag} " in text
        assert param.help.split(".")[0].split("-")[0] in text
    assert str(paths.runs_folder()) in text.replace(" ", "")


class NoTraining(Exception):
    pass


@pytest.fixture
def requested_settings(monkeypatch, digits):
    """The settings a training run would start with; nothing is trained."""

    class Trainer:
        def __init__(self, run, **ignored):
            self.run = run

        def train(self):
            raise NoTraining(self.run)

    def requested_settings(*arguments):
        with pytest.raises(NoTraining) as reached:
            monkeypatch.setattr(trainer, "Trainer", Trainer)
            main(["train", *arguments])
        return reached.value.args[0]

    return requested_settings


def test_a_settings_file_provides_the_starting_values(requested_settings, tmp_path):
    file = tmp_path / "settings.json"
    start = Config(data="digits", model="ann", model_settings={"units": 64}, epochs=3, flip=True)
    file.write_text(json.dumps(start.as_dict()))
    assert requested_settings("--config", str(file)).config == start
    assert requested_settings("--config", str(file), "--epochs", "4", "--flip", "off").config == start.changed(
        epochs=4, flip=False
    )
    changed = requested_settings("--config", str(file), "--dropout", "0.5").config
    assert dict(changed.model_settings) == dict(start.model_settings) | {"dropout": 0.5}


def test_choosing_a_different_model_ignores_the_params_in_the_file(requested_settings, tmp_path):
    file = tmp_path / "settings.json"
    file.write_text(json.dumps(Config(data="digits", model="ann", model_settings={"units": 64}).as_dict()))
    run = requested_settings("--config", str(file), "--model", "cnn")
    assert run.config == Config(data="digits", model="cnn")


@pytest.mark.parametrize("param", PARAMS, ids=lambda param: param.name)
def test_every_setting_can_be_given_as_a_flag(requested_settings, param):
    words = {bool: "on", str: "digits", int: "2", float: "0.2"}
    value = {"model": "ann", "normalisation": "-1 to 1", "optimizer": "sgd", "loss": "sparse_categorical_crossentropy"}
    value |= {"schedule": "cosine", "precision": "bfloat16"}
    text = {"monitor": "accuracy", "data": "digits"}.get(param.name, value.get(param.name, words[param.kind]))
    config = requested_settings(*("--data", "digits", f"{param.flag}={text}")).config
    assert config == Config(**{"data": "digits", param.name: param.parsed(text)})


def test_a_recipe_fills_in_settings_without_a_flag(requested_settings):
    family = ("--data", "digits", "--model", "deep_cnn")
    config = requested_settings(*family, "--recipe", "--epochs", "2", "--width", "16").config
    recipe = recipes.recipe("deep_cnn", "digits")
    assert recipe["epochs"] != 2
    settings = recipe | {"data": "digits", "model": "deep_cnn", "epochs": 2}
    assert config == Config(**settings, model_settings={"width": 16})
    assert requested_settings(*family, "--id", "plain").config == Config(data="digits", model="deep_cnn")


def test_a_model_without_a_recipe_keeps_the_defaults(requested_settings):
    assert requested_settings("--data", "digits", "--model", "ann", "--recipe").config == Config(
        data="digits", model="ann"
    )


def test_several_seeds_give_runs_that_differ_in_nothing_else_and_a_mean(digits):
    done = train(
        *("--data", "digits", "--model", "ann", "--epochs", "1", "--units", "32", "--now"),
        *("--id", "repeated", "--seeds", "3"),
    )
    assert done.returncode == 0, done.stderr
    (group,) = repeated_seeds.groups(runs.all_runs())
    assert [run.id for run in group.runs] == ["repeated-0", "repeated-1", "repeated-2"]
    assert [run.label for run in group.runs] == [f"Dense network on Small digits, seed {seed}" for seed in range(3)]
    assert len(set(group.accuracies)) > 1
    assert not any((run.folder / "inside.json").exists() for run in group.runs)  # a page makes it on request
    mean = group.mean()
    assert done.stdout.splitlines()[-1] == (
        f"Mean over 3 seeds: {100 * mean.value:.1f}% (95% CI {100 * mean.low:.1f}–{100 * mean.high:.1f}%, Student's "
        "t over seeds)"
    )
    more = train(
        *("--data", "digits", "--model", "ann", "--epochs", "1", "--units", "32", "--now"),
        *("--seed", "1", "--seeds", "3"),
    )
    assert "Trained already with these settings: seed 1–2; trains 3." in more.stdout, "unless --id names the runs"
    assert sorted(run.config.seed for run in runs.all_runs()) == [0, 1, 2, 3] and "over 3 seeds" in more.stdout


@pytest.mark.parametrize("number", ["1", "0", "-3", "many", "1000"])
def test_an_invalid_number_of_seeds_prints_one_line(capsys, number):
    assert "--seeds must be a whole number from 2 to 100" in refused(capsys, "--seeds", number)
