"""Lesson: Fashion-MNIST. Images as small as digits, but with details that decide; steps that train are optional."""

from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path

import numpy as np

from imgcls.errors import UserError
from imgcls.evaluation import predictions
from imgcls.evaluation.metrics.percent import percent
from imgcls.lessons.catalog import honest
from imgcls.lessons.content import Measured, Question, Situation, Step
from imgcls.runs import Run
from imgcls.system import paths

ORDER = 7
TITLE = "Clothing: when details decide"
ABOUT = "You give the same kind of network shirts and coats instead of digits, and find out where it struggles."
GOAL = "Explain why the same network does worse on other images, and where it fails."
MINUTES = 12
PICTURE = "Confusion matrix"
SMALL = {
    "data": "fashion_mnist",
    "model": "cnn",
    "epochs": 2,
    "learning_rate": 0.002,
    "model_settings": {"batch_normalisation": False, "filters": 16, "convolutions": 1},
}
SMALL_ON_DIGITS = {**SMALL, "data": "mnist_sample", "epochs": 4}
DEEP = {
    "data": "fashion_mnist",
    "model": "deep_cnn",
    "normalisation": "standardised",
    "shift": 2,
    "flip": True,
    "optimizer": "muon",
    "learning_rate": 0.12,
    "schedule": "one_cycle",
    "warmup_fraction": 0.0,
    "batch_size": 512,
    "epochs": 2,
    "label_smoothing": 0.2,
    "validation_fraction": 0.05,
    "monitor": "accuracy",
    "early_stopping": False,
    "test_time_augmentation": True,
    "model_settings": {"width": 16, "widening": 2},
}
SHIRT, BAG = 6, 8
TOPS = ("T-shirt/top", "Pullover", "Dress", "Coat", "Shirt")


@cache
def tested(name: str) -> predictions.Predictions:
    """The test predictions of an included run."""
    return predictions.read(Run(paths.app_folder() / "saved_models" / name))


def accuracy(name: str) -> float:
    """The test accuracy of an included run."""
    return float(np.mean(tested(name).predicted == tested(name).labels))


def _errors_among_tops() -> float:
    found = tested("fashion")
    is_wrong = found.predicted != found.labels
    tops = [found.names.index(name) for name in TOPS]
    both = np.isin(found.labels, tops) & np.isin(found.predicted, tops)
    return float(both[is_wrong].mean())


MEASURED = {
    "accuracy": honest.MEASURED["accuracy"],
    "digits": Measured(
        0.99, 1.0, "Test accuracy of the included digit model", measure=lambda: accuracy("digits"), is_exact=True
    ),
    "tops": Measured(
        0.79, 0.87, "Errors of the clothing model among the five tops", measure=_errors_among_tops, is_exact=True
    ),
    "small": Measured(0.86, 0.90, "Test accuracy of a small CNN on Fashion-MNIST, 2 epochs", SMALL),
    "small_digits": Measured(
        0.94, 0.975, "Test accuracy of the same CNN on the MNIST sample, 4 epochs", SMALL_ON_DIGITS
    ),
    "deep": Measured(0.88, 0.92, "Test accuracy of a small fast deep CNN on Fashion-MNIST, 2 epochs", DEEP),
}
DISCUSS = (
    "A shop wants to sort returned clothes with this model. Which errors would matter, and which not?",
    "Would larger images help? Which details would they show that 28×28 pixels do not?",
)


def recall(run: Run | None, classes: Iterable[int]) -> float | None:
    """The mean recall of some classes in the test of a run; None if there is none."""
    return None if run is None else _recall(run.folder, run.stamp("predictions.npz"), tuple(classes))


@lru_cache(32)
def _recall(folder: Path, _stamp: tuple[float, ...], classes: tuple[int, ...]) -> float | None:
    try:
        found = predictions.read(Run(folder))
    except UserError:
        return None
    return float(np.mean([np.mean(found.predicted[found.labels == one] == one) for one in classes]))


def _scores(situation: Situation) -> dict[str, str]:
    values = {}
    for name, settings in {"small": SMALL, "deep": DEEP}.items():
        values[f"yours_{name}"] = percent(situation.score(settings))
        values[f"shirts_{name}"] = percent(recall(situation.finished(settings), [SHIRT]))
        values[f"bags_{name}"] = percent(recall(situation.finished(settings), [BAG]))
    return values


def _is_between_tops(situation: Situation) -> bool:
    """Whether they look at the mix-ups of two of the five."""
    cell, names = situation.cell, tested("fashion").names
    if cell is None or cell[0] == cell[1] or not situation.shows("evaluate", run="fashion"):
        return False
    return all(one < len(names) and names[one] in TOPS for one in cell)


STEPS = (
    Step(
        title="As small as a digit",
        text="Fashion-MNIST has ten kinds of clothing instead of ten digits, in images of the same size: 28×28 "
        "greyscale pixels. The included digit model reads {digits} of its test digits correctly. The included "
        "clothing model is built in the same way, only larger.",
        page="evaluate",
        query={"run": "digits"},
        keys=("evaluate-run",),
        after_keys=("headline",),
        question=Question(
            "The clothing model was trained on 57,000 images for 20 epochs. How many of its 10,000 test images does it "
            "get right?",
            ("As many as the digit model", "Clearly fewer, but more than 90%", "About 70%"),
            1,
        ),
        do="Choose the run “Fashion-MNIST” at the top of the page.",
        check=lambda situation: situation.shows("evaluate", run="fashion"),
        after="{accuracy}: more than ten times the error rate. The number of pixels says nothing about how hard "
        "images are to classify.",
    ),
    Step(
        title="Five kinds of tops",
        text="T-shirts, pullovers, dresses, coats and shirts have much in common: a body, and usually two sleeves. "
        "Sandals, bags and trousers do not.",
        page="evaluate",
        query={"run": "fashion"},
        keys=("matrix-room",),
        question=Question(
            "In how many of its errors does the model mistake one of these five for another?",
            ("In about a third", "In about half", "In about four out of five"),
            2,
        ),
        do="Click an orange cell of the confusion matrix between two of the five.",
        check=_is_between_tops,
        tried=lambda situation: situation.shows("evaluate", run="fashion") and situation.cell is not None,
        hint="This cell is not a mix-up of two of the five. In a row of T-shirt/top, Pullover, Dress, Coat or Shirt, "
        "click a cell in the column of another of them.",
        after="In {tops}. Their outlines are nearly the same. Only details a few pixels wide tell them apart: a "
        "collar, buttons, the texture. A digit can be recognised by its outline alone.",
        terms=("Confusion matrix",),
        notes="Let them name the class of three of these images before they read the caption.",
    ),
    Step(
        title="Could you?",
        text="Before you blame the model, try it yourself.",
        page="evaluate",
        query={"run": "fashion"},
        keys=("view", "image-next"),
        tab="Single image",
        question=Question(
            "If people disagree about the label of an image, what is the best accuracy you can hope for?",
            ("100% with a large enough network", "Less than 100%, whatever the network", "Exactly that of people"),
            1,
        ),
        do="Open the section “Single image”, which starts with the worst error. Press “Next error” a few times, and "
        "name each item before you read the prediction.",
        check=lambda situation: (
            situation.shows("evaluate", run="fashion", view="Single image") and "image" in situation.query
        ),
        after="For some of these images, you would not have guessed the label either. If a label cannot be seen in the "
        "image, no network can know it; one that gets it right was lucky, or has memorised the test images.",
        terms=("Label",),
    ),
    Step(
        title="A small CNN",
        text="A CNN with 16 filters reads {small_digits} of new digits after it has seen 3,400 examples four times. "
        "Now the same network gets clothing.",
        page="train",
        settings=SMALL,
        run_name="small CNN",
        earlier=True,
        keys=("start",),
        question=Question(
            "It sees 51,000 images of clothing twice. Which kind will it recognise worst?",
            ("Sandals", "Bags", "Shirts"),
            2,
        ),
        do="The form is filled in: press Start.",
        after="**{yours_small}** (typically {small}). Fifteen times as many images, and still more errors. It finds "
        "{bags_small} of the bags, but only {shirts_small} of the shirts: a few filters are enough for outlines, but "
        "not for collars and textures.",
        values=_scores,
        terms=("Filter",),
        notes="It needs the dataset Fashion-MNIST and less than a minute of processor time. Show one run to the whole "
        "class.",
    ),
    Step(
        title="A deeper one",
        text="The family of the included models has more layers, and is trained with a schedule, shifts and mirror "
        "images. Its smallest version also takes two epochs.",
        page="train",
        settings=DEEP,
        run_name="deep CNN",
        earlier=True,
        keys=("start",),
        question=Question(
            "Two epochs again. Which class will gain more from depth and better training?",
            ("Bags", "Shirts", "Neither"),
            1,
        ),
        do="The form is filled in: press Start.",
        after="**{yours_deep}** (typically {deep}), compared with {yours_small} before. It finds {shirts_deep} of the "
        "shirts instead of {shirts_small}; with bags ({bags_deep} instead of {bags_small}), there was little to gain. "
        "To reach {accuracy}, the included model is wider and was trained for ten times as many epochs.",
        values=_scores,
    ),
    Step(
        title="What you have seen",
        text="Digits are outlines; clothing is outlines and details. Details need more filters, more layers and more "
        "training, and the last errors lie in the images themselves.\n\nThe next lesson has colour photos, in which "
        "not even the outline can be relied on.",
        page="evaluate",
        query={"run": "fashion"},
    ),
)
