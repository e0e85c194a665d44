"""Lesson: noise and other corruptions, and what augmentation buys."""

from collections.abc import Callable
from functools import cache

from imgcls.errors import UserError
from imgcls.evaluation.metrics.percent import percent
from imgcls.evaluation.robustness import evaluate
from imgcls.evaluation.robustness.evaluate import Robustness
from imgcls.lessons.catalog import shuffled
from imgcls.lessons.content import Measured, Question, Situation, Step
from imgcls.runs import Run
from imgcls.system import paths

ORDER = 12
TITLE = "Noise, and what augmentation buys"
ABOUT = "You spoil the images with noise until a network fails, and train one that copes."
GOAL = "Test how a model copes with degraded images, and choose an augmentation that helps."
MINUTES = 15
PICTURE = "Corruption"
PLAIN = shuffled.DENSE
NOISY = {**PLAIN, "noise": 40}
VIEW = {"view": "Robustness"}
FASHION, DIGITS = {"run": "fashion", **VIEW}, {"run": "digits", **VIEW}


@cache
def _shipped(name: str) -> Robustness:
    return evaluate.read(Run(paths.app_folder() / "saved_models" / name))


def _at(name: str, corruption: str, strength: int) -> Callable[[], float]:
    """The accuracy of an included model under a corruption of a strength from 1 to 5."""
    return lambda: float(_shipped(name).right(corruption)[strength - 1].mean())


MEASURED = {
    "clean": Measured(
        0.92,
        0.96,
        "Accuracy of the clothing model on 1,000 original test images",
        measure=lambda: float(_shipped("fashion").clean_right.mean()),
        is_exact=True,
    ),
    "noise": Measured(
        0.18, 0.28, "The same with noise of strength 4", measure=_at("fashion", "noise", 4), is_exact=True
    ),
    "fashion_turned": Measured(
        0.40,
        0.51,
        "Clothing model, rotation of strength 3 (25 degrees)",
        measure=_at("fashion", "rotation", 3),
        is_exact=True,
    ),
    "digits_turned": Measured(
        0.96,
        0.99,
        "Digit model, rotation of strength 3 (25 degrees)",
        measure=_at("digits", "rotation", 3),
        is_exact=True,
    ),
    "dense": shuffled.MEASURED["dense"],
}
DISCUSS = (
    "Name three ways in which photos from a phone differ from those in a catalogue. Which augmentation imitates each?",
    "Mirroring helps with photos of animals. Why not with digits, and what about X-rays of the heart?",
)


def _is_at(run: str, corruption: str, strength: int) -> Callable[[Situation], bool]:
    return lambda situation: (
        situation.shows("evaluate", run=run, **VIEW)
        and situation.state.get("corruption") == corruption
        and situation.state.get("strength") == strength
    )


def _own(settings: dict[str, object], situation: Situation) -> Robustness | None:
    run = situation.finished(settings)
    if run is None:
        return None
    try:
        return evaluate.read(run)
    except (UserError, OSError):
        return None


def _under_noise(settings: dict[str, object], situation: Situation) -> str:
    found = _own(settings, situation)
    return percent(None if found is None else float(found.right("noise")[4].mean()))


def _values(situation: Situation) -> dict[str, str]:
    without = situation.finished(PLAIN)
    return {
        "plain_run": without.label if without else "–",
        "plain": percent(situation.score(PLAIN)),
        "noisy": percent(situation.score(NOISY)),
        "plain_noise": _under_noise(PLAIN, situation),
        "noisy_noise": _under_noise(NOISY, situation),
    }


STEPS = (
    Step(
        title="Add noise to the test",
        text="The included clothing model was tested on tidy images, like those it learned from. On the 1,000 used "
        "here, it gets {clean}. The section “Robustness” has eight **corruptions** that degrade the same images at "
        "five strengths.",
        page="evaluate",
        query={"run": "fashion"},
        keys=("view", "corruption", "strength"),
        after_keys=("robustness-score",),
        tab="Robustness",
        question=Question(
            "You add noise of strength 4 (a standard deviation of 50 on a scale of 255). What does the model get then?",
            ("About 90%", "About 60%", "Less than a third"),
            2,
        ),
        do="Open the section “Robustness” and choose the corruption “noise” and the strength 4.",
        check=_is_at("fashion", "noise", 4),
        after="Only {noise}. It never saw noise in training, and noise changes all 784 numbers. A score holds only "
        "for the kind of images it was measured on.",
        terms=("Corruption",),
        notes="If Fashion-MNIST is prepared on this computer, the page shows the images: could they still tell?",
    ),
    Step(
        title="Rotate the test images",
        text="In training, the digit model saw each digit rotated by up to 8 degrees. The clothing model never saw "
        "anything rotated.",
        page="evaluate",
        query=DIGITS,
        keys=("corruption", "strength"),
        after_keys=("robustness-score",),
        question=Question(
            "The test images are rotated by 25 degrees. How do the two models do?",
            (
                "Both lose little",
                "The digit model loses little, the clothing model more than half",
                "Both lose more than half",
            ),
            1,
        ),
        do="Choose the corruption “rotation” and the strength 3. This page shows the digit model.",
        check=_is_at("digits", "rotation", 3),
        after="Digit model: {digits_turned}. Clothing model, treated the same: {fashion_turned}. The two models "
        "also differ in their images, so this alone proves nothing; the next steps change one thing only. But it fits: "
        "**augmentation** teaches a network that a change does not matter.",
        after_terms=("Augmentation",),
        notes="Ask what it would take to be certain: train the same model twice, with and without rotation.",
    ),
    Step(
        title="Without noise",
        text="Now for an experiment: train the same small network twice, once without and once with noise. First "
        "without. If you did lesson 3, you already have this run.",
        page="train",
        settings=PLAIN,
        run_name="without noise",
        earlier=True,
        keys=("start",),
        do="The form is filled in: press Start.",
        after="It reads {plain} of the clean test digits (typically {dense}).",
        values=_values,
    ),
    Step(
        title="With noise",
        text="The only difference: noise is added to every training image, redrawn in every epoch.",
        page="train",
        settings=NOISY,
        run_name="with noise",
        keys=("start",),
        question=Question(
            "What will the noise in training do to the accuracy on clean test images?",
            ("Raise it a lot", "Hardly change it", "Ruin it"),
            1,
        ),
        do="The form is filled in: press Start.",
        after="**{noisy}** with noise in training, {plain} without. On clean images you hardly see the gain. A "
        "difference of one or two points may be chance: the test set has 1,000 images.",
        values=_values,
        notes="Do not let them stop here: this is the result that makes people switch augmentation off.",
    ),
    Step(
        title="Both on noisy images",
        text="Augmentation is for images that are worse than the test set. So test it on such images.",
        page="evaluate",
        query={**VIEW, "corruption": "noise", "strength": "5"},
        run_of=NOISY,
        other_run_of=PLAIN,
        keys=("task-Evaluate-robustness", "evaluate-run"),
        after_keys=("corruption", "strength", "robustness-score"),
        question=Question(
            "Both networks get test images with noise of strength 5. Which one reads more of them?",
            ("The one trained with noise", "The one trained without", "Both the same"),
            0,
        ),
        do="Press “Evaluate robustness” for both runs, first for the one with noise, which is open.",
        check=lambda situation: _own(PLAIN, situation) is not None and _own(NOISY, situation) is not None,
        tried=lambda situation: _own(NOISY, situation) is not None,
        hint="Now choose the run without noise, “{plain_run}”, at the top of the page, and do the same.",
        after="With noise of strength 5: **{noisy_noise}** if trained with noise, **{plain_noise}** if not. Compare "
        "the other seven corruptions as well: an augmentation helps against what it imitates, and rarely against "
        "anything else.",
        values=_values,
        notes="If the order is the other way round, that is a discovery: ask for the confidence intervals, then for a "
        "second seed.",
    ),
    Step(
        title="What you have seen",
        text="The clean score and robustness are two different numbers. Augmentation that imitates what will happen "
        "to your images improves the second one. Which augmentation that is depends on your images; the test set "
        "cannot tell you.\n\nThe next lesson asks a model for its reasons.",
        page="evaluate",
        query=VIEW,
        run_of=NOISY,
        other_run_of=PLAIN,
    ),
)
