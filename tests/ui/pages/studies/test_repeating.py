"""The winner of a study, repeated with seeds that chose nothing."""

import pytest

from imgcls import runs, studies
from imgcls.ui.app import links
from tests.support import studies as support
from tests.support.pages import button, is_intact, opened, text_of

pytestmark = pytest.mark.timeout(240)
LABEL = "Repeat the winner with 3 seeds"


def test_the_winner_is_repeated_with_other_seeds_and_their_mean_is_shown(ended, monkeypatch):
    winner = runs.find(ended.result["winner"])
    app = opened("studies", study="mine")
    assert is_intact(app) and "Repetitions" not in text_of(app)
    button(app, LABEL).click().run()
    repeated = [run for run in runs.all_runs() if run.id.startswith("mine-r")]
    assert len(repeated) == 3 and {run.state for run in repeated} == {"queued"}
    configs = [run.config for run in repeated]
    assert winner.config.seed not in {one.seed for one in configs} and len({one.seed for one in configs}) == 3
    assert all(one.changed(seed=0) == winner.config.changed(seed=0) for one in configs)
    assert {run.label for run in repeated} == {f"Search winner, seed {one.seed}" for one in configs}
    assert is_intact(app) and "Repetitions of the winner: 0 of 3 runs ended." in text_of(app)
    assert LABEL not in [one.label for one in app.button], "a second click would start nothing new"
    assert len(studies.find("mine").runs()) == 12, "they are no trials"

    for run, score in zip(repeated, (0.90, 0.92, 0.94), strict=True):
        (run.folder / "queued.json").unlink()
        support.end(run, lambda _, value=score: {"test_accuracy": value})
    app.run()
    assert "With 3 other seeds: mean test accuracy **92.0%** (95% CI 87.0–97.0%)." in text_of(app)
    gone = {}
    monkeypatch.setattr(links, "go", lambda page, **query: gone.update(query, page=page))
    button(app, "Show the repetitions").click().run()
    assert gone == {"page": "runs.py", "q": "Search winner"}


def test_a_study_without_a_winner_repeats_nothing(digits):
    studies.create(support.planned(), study_id="mine")
    assert LABEL not in [one.label for one in opened("studies", study="mine").button]
