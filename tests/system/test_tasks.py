"""The shell's way to a work about one run: what is wrong with the arguments is told, and nothing is started."""

import pytest

from imgcls.system import tasks


def unasked(*_):
    raise AssertionError("nothing was to be made")


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        ([], 2, "Name one run: python -m imgcls.evaluation.robustness RUN_FOLDER or RUN_ID"),
        (["a", "b"], 2, "Name one run: python -m imgcls.evaluation.robustness RUN_FOLDER or RUN_ID"),
        (["nobody"], 1, "There is no run"),
    ],
)
def test_wrong_arguments_are_told(arguments, code, sentence, capsys):
    assert tasks.command(arguments, "imgcls.evaluation.robustness", unasked, unasked) == code
    assert sentence in capsys.readouterr().err
