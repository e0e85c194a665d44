"""What a lesson consists of, and the real state of the app that its checks read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from imgcls import inference, languages, runs, sharing
from imgcls.config import Config
from imgcls.errors import UserError
from imgcls.images.canvas_strokes import Handwriting
from imgcls.inference import Answer
from imgcls.runs import Run
from imgcls.runs.metrics_log import Curves
from imgcls.sharing import ownership

SIGN = "%\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}"
"""What follows the number of a percentage in some language."""
DIGITS = "digits"
"""The model that reads drawings if the address of the page names no other."""


@dataclass(frozen=True)
class Situation:
    """What a visitor has done and is looking at.

    Attributes:
        since: When they began the lesson, in seconds since 1970.
        page: The page they are on: the name of its file, such as "predict".
        query: The parameters in its address.
        drawing: What is on the canvas.
        unit: Row and column of the unit of a convolution that they clicked on Evaluate; None if none.
        state: The values of the controls, by key.
    """

    since: float = 0.0
    page: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    drawing: Handwriting = field(default_factory=Handwriting)
    unit: tuple[int, int] | None = None
    state: Mapping[str, Any] = field(default_factory=dict)

    def shows(self, page: str, **query: str) -> bool:
        """Whether they are on this page, and its address has these parameters."""
        return self.page == page and all(self.query.get(name) == value for name, value in query.items())

    @property
    def cell(self) -> tuple[int, int] | None:
        """The cell of the confusion matrix that is selected: the true and the predicted class; None without one.

        Of a pair in both directions, the first.
        """
        parts = self.query.get("cell", "").replace("~", "-").split("-")
        return (int(parts[0]), int(parts[1])) if len(parts) == 2 and all(map(str.isdecimal, parts)) else None

    def started(self, settings: Mapping[str, Any], *, earlier: bool = False, is_alike: bool = False) -> list[Run]:
        """Their runs with exactly these settings that were begun during the lesson, the latest first.

        With `earlier`, also earlier ones; if they may be just `is_alike`, those with the same data and the same layers,
        however they were trained.
        """
        has = _is_alike if is_alike else _has
        return [run for run in (self._own if earlier else self._recent) if has(run, settings)]

    def finished(self, settings: Mapping[str, Any], *, is_alike: bool = False) -> Run | None:
        """The latest run with these settings whose model was tested; None if there is none."""
        found = self.started(settings, earlier=True, is_alike=is_alike)
        return next((run for run in found if run.is_tested), None)

    def score(
        self,
        settings: Mapping[str, Any],
        name: str = "test_accuracy",
        *,
        earlier: bool = True,
        is_alike: bool = False,
    ) -> float | None:
        """A score of the latest of these runs that is finished; None if there is none."""
        for run in self.started(settings, earlier=earlier, is_alike=is_alike):
            try:
                value = (run.result or {}).get(name)
            except UserError:
                continue
            if isinstance(value, float):
                return value
        return None

    def training_accuracy(self, settings: Mapping[str, Any]) -> float | None:
        """The accuracy on the training images in the last epoch of the latest of these runs."""
        for run in self.started(settings, earlier=True):
            curves = Curves(run.folder / "metrics.jsonl")
            curves.refresh()
            if curves.epochs:
                return curves.epochs[-1].get("accuracy")
        return None

    @cached_property
    def answer(self) -> Answer | None:
        """The prediction for the drawing by the model that the page shows; None for an empty canvas."""
        if not self.drawing:
            return None
        try:
            return inference.answer(runs.find(self.query.get("run", DIGITS)), self.drawing)
        except UserError:
            return None

    @property
    def said(self) -> str:
        """What the app says of the drawing: the class it predicts, or why it predicts none; "–" for an empty canvas."""
        answer = self.answer
        if answer is None:
            return "–"
        return f"{answer.prediction}" if answer.rejection is None else answer.rejection.title.rstrip(".")

    @cached_property
    def _own(self) -> list[Run]:
        """In a class, members see each other's runs, which do not do their tasks."""
        found = runs.all_runs()
        if not sharing.is_shared():
            return found
        visitor = sharing.current().id
        return [run for run in found if visitor and ownership.of(run.folder).owner == visitor]

    @cached_property
    def _recent(self) -> list[Run]:
        return [run for run in self._own if run.created >= self.since]


def _is_alike(run: Run, settings: Mapping[str, Any]) -> bool:
    try:
        config, wanted = run.config, Config(**settings)
    except UserError:
        return False
    return (config.data, config.model, config.model_settings) == (wanted.data, wanted.model, wanted.model_settings)


def _has(run: Run, settings: Mapping[str, Any]) -> bool:
    try:
        return run.config == Config(**settings)
    except UserError:
        return False


@dataclass(frozen=True)
class Question:
    """What a learner predicts before they see it: at least two `choices`, of which number `right` is true."""

    text: str
    choices: tuple[str, ...]
    right: int


@dataclass(frozen=True)
class Step:
    """One step: read, predict, do it on the real page, see what happened.

    Attributes:
        title: Its heading.
        text: One to four sentences, in Markdown.
        page: The page where it happens: the name of its file.
        query: Parameters with which that page is opened.
        run_of: Settings: that page is opened with the latest finished run that has them.
        other_run_of: Settings of a second run that the step is about: it may be chosen there.
        settings: Settings of `Config` with which the form of the Train page is filled in; the task of the step is then
            to train with them.
        run_name: How the run with them is called, after the number of the lesson.
        earlier: A run from before the lesson will do, too.
        is_alike: So will a run with the same data and layers, however it was trained.
        keys: The controls that are marked, by the keys that they have on the page, the first that is there.
        after_keys: Those that are marked once the task was done: where to see what happened.
        tab: The section of the Evaluate page that is marked if "view" is among the keys.
        do: The task, as an imperative; "" if there is only something to read.
        check: Whether it was done; by default, whether a run with `settings` has finished.
        hint: What is said about a drawing that does not do the task, or once `tried`, with {names} of `values`.
        tried: Whether the task was tried, so that the hint is said; by default, whether something was drawn.
        question: What is asked before.
        after: What is said once it was done, with {names} of `values` and of measured numbers.
        values: Numbers and texts from the real state, by name.
        terms: Technical terms of `text` that are explained here, as they are in the glossary. At most two: those that
            are new.
        after_terms: The same of `after`.
        notes: For the teacher's sheet only: what to watch for, or what to say.
        compares_runs: The text compares the runs of all steps: those that are missing are offered.
        faint: The digit that the empty canvas of the Predict page shows faintly; "" for none.
        is_quiet: That page shows what the network says even if the extra check warns, which is not yet explained.
    """

    title: str
    text: str
    page: str
    query: Mapping[str, str] = field(default_factory=dict)
    run_of: Mapping[str, Any] = field(default_factory=dict)
    other_run_of: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    run_name: str = ""
    earlier: bool = False
    is_alike: bool = False
    keys: tuple[str, ...] = ()
    after_keys: tuple[str, ...] = ()
    tab: str = ""
    do: str = ""
    check: Callable[[Situation], bool] | None = None
    hint: str = ""
    tried: Callable[[Situation], bool] | None = None
    question: Question | None = None
    after: str = ""
    values: Callable[[Situation], Mapping[str, str]] | None = None
    terms: tuple[str, ...] = ()
    after_terms: tuple[str, ...] = ()
    notes: str = ""
    compares_runs: bool = False
    faint: str = "3"
    is_quiet: bool = False

    @property
    def all_terms(self) -> tuple[str, ...]:
        """The technical terms that are explained here, before and after."""
        return self.terms + self.after_terms

    @property
    def has_task(self) -> bool:
        """Whether there is something to do that can be checked."""
        return self.check is not None or bool(self.settings)

    def is_hinted(self, situation: Situation) -> bool:
        """Whether the task was tried in vain and there is a hint for that; asked only while it is not done."""
        tried = bool(situation.drawing) if self.tried is None else self.tried(situation)
        return bool(self.hint) and tried

    def is_done(self, situation: Situation) -> bool:
        """Whether the task was done; always, if there is none."""
        if self.check is not None:
            return self.check(situation)
        if not self.settings:
            return True
        return situation.score(self.settings, earlier=self.earlier, is_alike=self.is_alike) is not None


@dataclass(frozen=True)
class Measured:
    """A number that a lesson states as a range, and how it is measured again.

    Attributes:
        low, high: The range, as fractions.
        what: What it is, in words.
        settings: The settings of a run whose score it is, or
        measure: a function that measures it.
        score: The name of the score in the run's result.
        is_exact: The page shows this number of an included model beside the text, which therefore states it as it is.
    """

    low: float
    high: float
    what: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    measure: Callable[[], float] | None = None
    score: str = "test_accuracy"
    is_exact: bool = False

    @property
    def stated(self) -> str:
        """How a lesson states it: as its range, or exactly."""
        return languages.percent(self.measure(), 1) if self.is_exact and self.measure is not None else self.range

    @property
    def range(self) -> str:
        """For example "91.5–94%"."""
        low, high = (
            languages.percent(value, 0 if round(1000 * value) % 10 == 0 else 1) for value in (self.low, self.high)
        )
        return f"{low.rstrip(SIGN)}–{high}"
