"""Lesson: explanations of a prediction (Grad-CAM, occlusion, neighbours), and when they mislead."""

from functools import cache

import numpy as np

from imgcls.evaluation import predictions
from imgcls.inference.activations import load_activation_model
from imgcls.inference.explain import grad_cam, neighbours, occlusion, overlay
from imgcls.lessons.content import Measured, Question, Situation, Step
from imgcls.runs import Run
from imgcls.system import paths

ORDER = 13
TITLE = "Why did it say that?"
ABOUT = "You ask a network why it took a deer for a dog, and test whether its answer deserves belief."
GOAL = "Interpret heat maps and similar images, and explain what they do not prove."
MINUTES = 10
PICTURE = "Saliency map"
IMAGE = 1816
"""A test image of CIFAR-10: a deer that the included model takes for a dog."""
DOG, DEER = 5, 4
VIEW = {"run": "cifar10", "view": "Single image", "image": str(IMAGE)}
TARGET = f"heat-cifar10-{IMAGE}"
"""The key of the choice of a class for the heat maps."""
MAPS = "heat-maps"
MEASURED_ON = 50
"""So many of the stored errors, evenly spread."""


@cache
def _shares() -> tuple[float, float, float]:
    """Of the errors: the two heat maps of the prediction name the same region; Grad-CAM names the same region for the
    prediction and for the truth; most of the ten nearest training images are of the predicted class."""
    run = Run(paths.app_folder() / "saved_models" / "cifar10")
    tested = predictions.read(run)
    errors = np.flatnonzero((tested.predicted != tested.labels) & (tested.row_of >= 0))
    model, known = load_activation_model(run), neighbours.training_features(run)
    found = []
    for index in errors[np.linspace(0, len(errors) - 1, MEASURED_ON).astype(int)]:
        pixels = tested.images[tested.row_of[index]]
        said, true = int(tested.predicted[index]), int(tested.labels[index])
        cam = grad_cam.heat_maps(run, pixels)
        masked = occlusion.heat_maps(run, pixels)[said]
        nearest = neighbours.examples(run, model.activations(pixels[None]).features[0], 10).indices
        found.append(
            (
                overlay.strongest_region(cam[said]) == overlay.strongest_region(masked),
                overlay.strongest_region(cam[said]) == overlay.strongest_region(cam[true]),
                np.bincount(known.labels[nearest]).argmax() == said,
            )
        )
    methods, classes, similar = np.mean(found, axis=0).tolist()
    return methods, classes, similar


@cache
def _confidence() -> float:
    tested = predictions.read(Run(paths.app_folder() / "saved_models" / "cifar10"))
    return float(tested.probabilities[IMAGE, DOG])


WHAT = f"Of {MEASURED_ON} errors of the included CIFAR-10 model: "
MEASURED = {
    "dog": Measured(
        0.80, 0.95, f"Confidence of that model that test image {IMAGE} is a dog", measure=_confidence, is_exact=True
    ),
    "methods": Measured(0.05, 0.35, WHAT + "both methods name the same region", measure=lambda: _shares()[0]),
    "classes": Measured(0.0, 0.25, WHAT + "the same region for both classes", measure=lambda: _shares()[1]),
    "similar": Measured(0.75, 0.95, WHAT + "most neighbours share the wrong prediction", measure=lambda: _shares()[2]),
}
DISCUSS = (
    "A doctor sees a heat map on the right spot. Does that mean that the diagnosis is right? What would convince you?",
    "A model tells wolves from dogs by the snow behind them. Which images would you need to find that out?",
)


def _is_open(situation: Situation) -> bool:
    return situation.shows("evaluate", run="cifar10", view="Single image")


STEPS = (
    Step(
        title="A confident error",
        text="This network was trained on 32×32 photos of ten kinds of animals and vehicles. Here it says **dog** "
        "with {dog} confidence, but the label is **deer**. The heat maps (saliency maps) beside the image show which "
        "parts of the image raised the score of a class (orange) or lowered it (blue).",
        page="evaluate",
        query=VIEW,
        keys=(TARGET,),
        after_keys=(MAPS,),
        question=Question(
            "Now you ask for the maps of the true class instead. What will they show?",
            (
                "Nothing, because it did not predict this class",
                "The same as for dog",
                "Other maps, in which most of the animal is blue",
            ),
            2,
        ),
        do="Choose “deer (true class)” above the heat maps.",
        check=lambda situation: _is_open(situation) and situation.state.get(TARGET) == DEER,
        after="What counts for a dog counts against a deer. There is a map for every class, even for those that are "
        "not in the image, and the maps differ: in only {classes} of this model's errors does Grad-CAM highlight the "
        "same part for the wrong class and the true one. A map shows what *an* answer is based on, not that the answer "
        "is right.",
        terms=("Saliency map",),
        after_terms=("Grad-CAM",),
        notes="Let them invent a story for each of the two maps. Both stories will sound right.",
    ),
    Step(
        title="Two methods, one image",
        text="**Grad-CAM** computes from the last feature maps which regions raise the score. **Occlusion** covers a "
        "part of the image with a plain colour, and measures how much the score falls. Both explain the same number.",
        page="evaluate",
        query=VIEW,
        keys=(TARGET,),
        after_keys=(MAPS,),
        question=Question(
            "In how many of its errors do both methods highlight the same part of the image?",
            ("In nearly all", "In about half", "In fewer than half"),
            2,
        ),
        do="Choose “dog (prediction)” again and compare the two maps.",
        check=lambda situation: _is_open(situation) and situation.state.get(TARGET) == DOG,
        after="In {methods} (measured on 50 errors). They ask different questions: what did the network use, and what "
        "could it not do without? So a single map is weak evidence. Occlusion is at least an experiment: the image "
        "was changed, and the score was measured.",
        terms=("Occlusion",),
        notes="“Part” is one of nine: upper left, upper, and so on. Some would agree by chance alone.",
    ),
    Step(
        title="Show me similar images",
        text="Below the maps are the training images that are most similar *to the network*: those with the most "
        "similar features in its last hidden layer.",
        page="evaluate",
        query=VIEW,
        keys=("similar-images",),
        question=Question(
            "The network was wrong. Which class will most of these neighbours belong to?",
            ("The true class", "The class that it predicted", "Mixed, without a majority"),
            1,
        ),
        after="In {similar} of its errors, most neighbours belong to the wrong class that it predicted. They show how "
        "the network sees the image, and they look like proof. They are not: whatever misled the network has also "
        "misled the search for neighbours.",
        terms=("Feature",),
        notes="Neighbours do help to find wrong labels and missing kinds of images in the training data.",
    ),
    Step(
        title="Explain your own drawing",
        text="A drawing has a better unit than pixels: its strokes. The app removes each stroke in turn, runs the "
        "network again, and marks on your drawing how much each one contributed.",
        page="predict",
        query={"run": "digits"},
        keys=("canvas", "answer"),
        question=Question(
            "You draw a 7 with a bar through its stem. What would prove that the bar matters?",
            ("The heat map is bright at the bar", "Without the bar, the prediction changes", "The confidence is high"),
            1,
        ),
        do="Clear the canvas if needed, then draw a 7 in two strokes or more: the 7, then the bar.",
        check=lambda situation: len(situation.drawing.strokes) >= 2 and situation.answer is not None,
        hint="That is one stroke. Lift the pen, then draw the bar.",
        after="Now press Undo and see what the network says without the bar. That is the test that counts: change one "
        "thing, keep the rest, and measure. An explanation is a hypothesis, and this is how to check it.",
        notes="Undo removes the last stroke, so draw the bar last.",
    ),
    Step(
        title="What you have seen",
        text="Maps and neighbours show what a prediction is based on, never whether it is right. They exist for wrong "
        "predictions too, they disagree with each other, and people find a story for each. Use them to form a "
        "hypothesis; check it with an experiment, on images that were not used for training.\n\nThe next lesson takes "
        "a model out of the app.",
        page="evaluate",
        query=VIEW,
    ),
)
