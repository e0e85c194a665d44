"""Lesson: training. Loss, accuracy, epochs, and overfitting: cause it, then fix it."""

from imgcls.evaluation.metrics.percent import percent
from imgcls.lessons.content import Measured, Question, Situation, Step

ORDER = 5
TITLE = "Training and overfitting"
ABOUT = "You watch a network memorise its examples, catch it in the curves, and try three cures."
GOAL = "Read learning curves, recognise overfitting, and learn what helps against it."
MINUTES = 15
PICTURE = "Overfitting"
FEW = {
    "data": "mnist_sample",
    "model": "ann",
    "train_images": 300,
    "epochs": 40,
    "early_stopping": False,
    "model_settings": {"dropout": 0.0},
}
DROPOUT = {**FEW, "model_settings": {"dropout": 0.5}}
AUGMENTED = {**FEW, "shift": 2, "rotation": 10}
ALL = {**FEW, "train_images": 0}
MEASURED = {
    "few": Measured(0.78, 0.84, "Test accuracy with 300 images", FEW),
    "dropout": Measured(0.78, 0.84, "Test accuracy with 300 images and dropout", DROPOUT),
    "augmented": Measured(0.79, 0.86, "Test accuracy with 300 images and augmentation", AUGMENTED),
    "all": Measured(0.92, 0.955, "Test accuracy with all images", ALL),
}
DISCUSS = (
    "When have you memorised something without understanding it? How would a test have shown that?",
    "You may either collect ten times as many images or tune the network for a week. Which do you choose, and why?",
)


def _values(situation: Situation) -> dict[str, str]:
    found = {}
    for name, settings in {"few": FEW, "dropout": DROPOUT, "augmented": AUGMENTED, "all": ALL}.items():
        found[f"test_{name}"] = percent(situation.score(settings))
        found[f"train_{name}"] = percent(situation.training_accuracy(settings))
    return found


STEPS = (
    Step(
        title="Only 300 images",
        text="In training, the network guesses, compares its guess with the label, and changes its **weights** (how "
        "much each input counts) a little so that the error gets smaller. The **loss** measures how wrong it is. One "
        "pass over all images is an epoch. You now give it only 300 images (200 to learn from, 100 to check it), and "
        "40 epochs.",
        page="train",
        settings=FEW,
        run_name="300 images",
        keys=("start",),
        question=Question(
            "How many of its own training images will it get right in the end?", ("About 80%", "About 95%", "All"), 2
        ),
        do="The form is filled in: press Start, and watch both curves.",
        after="**{train_few}** of the images it learned from, but only **{test_few}** of 1,000 new ones (typically "
        "{few}). It has memorised its 200 images. That is **overfitting**.",
        values=_values,
        terms=("Weight", "Loss"),
        after_terms=("Overfitting",),
        notes="The validation images are the 100 that it does not learn from.",
    ),
    Step(
        title="See it in the curves",
        text="These are the curves of your run; the first one is the loss. The solid line is **training**; the dashed "
        "line is **validation**, which is measured on images that are not used for learning: the validation set.",
        page="evaluate",
        query={"view": "Training curves"},
        run_of=FEW,
        keys=("curve-loss",),
        question=Question(
            "Which of these curves show that a network is overfitting?",
            (
                "Both losses fall",
                "The training loss falls and the validation loss stops falling, or rises",
                "Both losses stay high",
            ),
            1,
        ),
        after="The gap between the curves is what counts: a large one is **overfitting**, because the network has "
        "memorised its images. If both stay high, the network is too small or was trained "
        "too briefly: **underfitting**. The app keeps the weights of the best epoch on validation.",
        terms=("Validation set",),
        after_terms=("Underfitting", "Epoch"),
        notes="Let them point at the epoch from which the network only memorises.",
    ),
    Step(
        title="Does dropout help?",
        text="**Dropout** switches off half of the units at random in every step, so that none can rely on another.",
        page="train",
        settings=DROPOUT,
        run_name="with dropout",
        keys=("start",),
        question=Question(
            "What will dropout change?",
            (
                "The gap gets smaller, but new images hardly benefit",
                "New images are read much better",
                "Nothing at all",
            ),
            0,
        ),
        do="The form is filled in: press Start.",
        after="Training: {train_dropout} instead of {train_few}. New images: **{test_dropout}** instead of {test_few} "
        "(typically {dropout}). It no longer memorises, but it knows no more about digits than before: 200 images "
        "have no more to teach.",
        values=_values,
        terms=("Dropout",),
        notes="Differences of one or two points are chance: the test set has 1,000 images.",
    ),
    Step(
        title="And augmentation?",
        text="**Augmentation** shifts and turns each training image a little, differently in every epoch. The network "
        "never sees the same image twice.",
        page="train",
        settings=AUGMENTED,
        run_name="with augmentation",
        keys=("start",),
        question=Question(
            "Will shifted and turned copies of 200 images be as good as new images?",
            ("Yes", "They help a little", "They do harm"),
            1,
        ),
        do="The form is filled in: press Start.",
        after="New images: **{test_augmented}** (typically {augmented}). Copies show what does not matter: position "
        "and slant. They do not show how other people write.",
        values=_values,
        terms=("Augmentation",),
    ),
    Step(
        title="All 4,000 images",
        text="The same network without any of these tricks, but with all 4,000 images.",
        page="train",
        settings=ALL,
        run_name="all images",
        keys=("start",),
        question=Question(
            "Training will reach 100% again. What about new images?",
            ("About the same as with 300", "A little better", "Far better than with any trick"),
            2,
        ),
        do="The form is filled in: press Start.",
        after="**{test_all}** (typically {all}), although it has memorised its images again: {train_all}. More, and "
        "more varied, examples are the best remedy. Tricks come second.",
        values=_values,
        notes="So “100% on the training images” alone says nothing, neither good nor bad.",
    ),
    Step(
        title="What you have seen",
        text="On new images: {test_few} with 300 images, {test_dropout} with dropout, {test_augmented} with "
        "augmentation, {test_all} with all images.\n\nOnly images that were not used for learning tell you how good a "
        "network is. Look at the gap between training and validation before you believe a score.",
        page="runs",
        values=_values,
        compares_runs=True,
    ),
)
