"""Lesson: honest evaluation. Confusion matrix, recall and precision, intervals, calibration, the test set."""

from functools import cache

import numpy as np

from imgcls.evaluation import predictions
from imgcls.lessons.content import Measured, Question, Situation, Step
from imgcls.runs import Run
from imgcls.system import paths

ORDER = 10
TITLE = "How good is it, honestly?"
ABOUT = "You find out what a score of 94% hides, and how far you can trust it."
GOAL = "Read a confusion matrix, and judge how far a score can be trusted."
MINUTES = 12
PICTURE = "Confidence interval"
RUN = {"run": "fashion"}
T_SHIRT, SHIRT = 0, 6


@cache
def _tested() -> predictions.Predictions:
    return predictions.read(Run(paths.app_folder() / "saved_models" / "fashion"))


def _accuracy() -> float:
    return float(np.mean(_tested().predicted == _tested().labels))


def _recall() -> float:
    tested = _tested()
    return float(np.mean(tested.predicted[tested.labels == SHIRT] == SHIRT))


def _bag_recall() -> float:
    tested = _tested()
    bag = tested.names.index("Bag")
    return float(np.mean(tested.predicted[tested.labels == bag] == bag))


MEASURED = {
    "accuracy": Measured(
        0.93,
        0.95,
        "Accuracy of the included clothing model on its 10,000 test images",
        measure=_accuracy,
        is_exact=True,
    ),
    "shirts": Measured(0.80, 0.84, "Recall of shirts", measure=_recall, is_exact=True),
    "bags": Measured(0.98, 1.0, "Recall of bags", measure=_bag_recall, is_exact=True),
}
DISCUSS = (
    "A test for an illness finds 99 of 100 ill people, and alarms 10 of 100 healthy ones. Is it good?",
    "Two models have 94.1% and 94.4%. What do you need to know before you choose?",
)


def _has_cell(situation: Situation) -> bool:
    return situation.shows("evaluate", **RUN) and situation.cell is not None


STEPS = (
    Step(
        title="One number for 10,000 images",
        text="A model that comes with the app distinguishes ten kinds of clothing. It was tested on 10,000 images "
        "that it was not trained on, its test set, and got {accuracy} of them right: its **accuracy**.",
        page="evaluate",
        query=RUN,
        keys=("headline",),
        question=Question(
            "Does that mean that it gets about 94 of 100 shirts right?",
            ("Yes", "No, some kinds may be far worse than others"),
            1,
        ),
        after="It gets only {shirts} of the shirts, but {bags} of the bags. Accuracy is an average over all classes, "
        "and an average hides what it is made of.",
        terms=("Accuracy", "Test set"),
    ),
    Step(
        title="Where it goes wrong",
        text="The **confusion matrix** counts every pair: rows are what an image truly shows, columns what the model "
        "said. Correct predictions are on the diagonal, errors off it.",
        page="evaluate",
        query=RUN,
        keys=("matrix-room",),
        question=Question(
            "Is a cell far from the diagonal a worse error than one next to it?",
            ("Yes, the farther away, the worse", "No, the classes are in no particular order"),
            1,
        ),
        do="In the row “Shirt”, click the darkest orange cell and look at the images that appear.",
        check=lambda situation: _has_cell(situation) and situation.cell == (SHIRT, T_SHIRT),
        tried=_has_cell,
        hint="This is another cell. Look for the row “Shirt”, and in it for the darkest orange cell.",
        after="What counts is how many images are in a cell, not where it is. Shirts are mistaken for T-shirts, coats, "
        "pullovers and dresses; for hardly anything else. At 28×28 pixels you would not always know either. Only the "
        "images tell you whether an error is serious.",
        terms=("Confusion matrix",),
        notes="Ask: could you tell? For some of these images people disagree, too.",
    ),
    Step(
        title="Two ways to be wrong",
        text="**Recall**: of all true shirts, how many were found? **Precision**: of all images called “shirt”, how "
        "many are shirts?",
        page="evaluate",
        query={**RUN, "view": "Per class"},
        keys=("view",),
        tab="Per class",
        question=Question(
            "A model calls every image a shirt. What are recall and precision of shirts?",
            ("Recall 100%, precision 10%", "Recall 10%, precision 100%", "Both 10%"),
            0,
        ),
        do="Open the section “Per class”.",
        check=lambda situation: situation.shows("evaluate", view="Per class"),
        after="It finds every shirt, and nine out of ten of its alarms are false. Either score alone is easy to push "
        "up. **F1** combines the two: it is high only if both are.",
        terms=("Recall", "Precision"),
        after_terms=("F1",),
        notes="Smoke alarm: recall matters. Spam filter: precision matters.",
    ),
    Step(
        title="Plus or minus",
        text="Next to each score is a range, its 95% **confidence interval**. With other test images of the same "
        "kind, the score would be a little different.",
        page="evaluate",
        query={**RUN, "view": "Per class"},
        keys=("headline",),
        question=Question(
            "You test a model on 100 images and get 90%. What is the honest range?",
            ("89.9 to 90.1%", "about 82 to 95%", "50 to 100%"),
            1,
        ),
        after="With 100 images, 90% could just as well be 84 or 94%. With 10,000, the range is 89.4 to 90.6%. A "
        "difference smaller than that says nothing.",
        terms=("Confidence interval",),
    ),
    Step(
        title="Does it know when it does not know?",
        text="A model is **calibrated** if it is right in 80% of the cases in which it says 80%.",
        page="evaluate",
        query={**RUN, "view": "Per class"},
        keys=("view",),
        tab="Curves & calibration",
        question=Question(
            "Are networks more often overconfident or underconfident?",
            ("Overconfident", "Underconfident", "That depends on how they were trained"),
            2,
        ),
        do="Open the section “Curves & calibration” and look at its part “Calibration”.",
        check=lambda situation: (
            situation.state.get("part", "Calibration") == "Calibration"
            and situation.shows("evaluate", view="Curves & calibration")
        ),
        after="Bars or points above the diagonal mean that the model is right more often than it says; below the "
        "diagonal, it is overconfident. Networks that are trained for long become overconfident. **Label "
        "smoothing**, which was used here, prevents that, and can make them underconfident.",
        terms=("Calibration",),
        after_terms=("Label smoothing",),
    ),
    Step(
        title="Look at the test only once",
        text="You could train fifty models and keep the one with the best test score. Its score would be partly luck, "
        "and it would do worse on new images. So choose by **validation** score, and use the **test set** only once, "
        "at the end.\n\nThe next lesson shows seven ways to get this wrong.",
        page="evaluate",
        query=RUN,
        terms=("Validation set",),
    ),
)
