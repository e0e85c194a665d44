"""Lesson: a dense network on digits, which does not care about the order of the pixels, and a CNN, which does."""

from imgcls import datasets
from imgcls.languages import percent
from imgcls.lessons.content import Measured, Question, Situation, Step

ORDER = 3
TITLE = "Shuffle the pixels"
ABOUT = "You shuffle the pixels until nobody can read a digit. One network does not mind at all, another one does."
GOAL = "Train four networks, and explain what a CNN knows that a dense network does not."
MINUTES = 15
PICTURE = "Shuffled pixels"
EPOCHS = 8
DENSE = {"data": "mnist_sample", "model": "ann", "epochs": EPOCHS}
DENSE_SHUFFLED = {**DENSE, "data": "mnist_shuffled"}
CNN = {**DENSE, "model": "cnn"}
CNN_SHUFFLED = {**CNN, "data": "mnist_shuffled"}
MEASURED = {
    "dense": Measured(0.92, 0.955, "Test accuracy of the dense network on digits", DENSE),
    "dense_shuffled": Measured(0.915, 0.95, "Test accuracy of the dense network on shuffled digits", DENSE_SHUFFLED),
    "cnn": Measured(0.95, 0.98, "Test accuracy of the CNN on digits", CNN),
    "cnn_shuffled": Measured(0.85, 0.915, "Test accuracy of the CNN on shuffled digits", CNN_SHUFFLED),
}
DISCUSS = (
    "Which kinds of data have neighbours that belong together? Which do not?",
    "A friend says: a CNN is always better. What do you show them?",
)


def _scores(situation: Situation) -> dict[str, str]:
    settings = {"a": DENSE, "b": DENSE_SHUFFLED, "c": CNN, "d": CNN_SHUFFLED}
    return {f"yours_{name}": percent(situation.score(one)) for name, one in settings.items()}


STEPS = (
    Step(
        title="Train your first network",
        text="A **dense network**, made of dense layers, takes the 784 pixels as one long list. Each of its "
        "**units** is connected to every pixel, and learns from 3,400 digits how much each pixel should count. The "
        "network is then tested on 1,000 digits that it has not seen.",
        page="train",
        settings=DENSE,
        run_name="dense network",
        keys=("start",),
        question=Question(
            "It passes over its examples eight times. After how many passes will it read more than half of the unseen "
            "digits? Guessing gives 10%.",
            ("Only one", "Four or five", "All eight"),
            0,
        ),
        do="The form is filled in: press Start, and watch the accuracy rise.",
        after="Your network reads **{yours_a}** of the 1,000 unseen digits (typically {dense}). The rising line you "
        "saw is its **accuracy** after each pass, called an **epoch**: most of it was learned in the first one.",
        values=_scores,
        terms=("Dense layer", "Unit"),
        after_terms=("Accuracy", "Epoch"),
        notes="Training runs wait in a queue. In a class, let groups of two or three train together.",
    ),
    Step(
        title="Mix up the pixels",
        text="In another dataset, the pixels of every image have been rearranged, in the same way for all images. "
        "No number was changed or lost.",
        page="data",
        keys=("data",),
        question=Question("Will you still be able to read the digits?", ("Yes, most", "A few", "None"), 2),
        do="Choose the dataset “MNIST sample, pixels shuffled”.",
        check=lambda situation: (
            situation.shows("data", data="MNIST sample, pixels shuffled") and datasets.is_ready("mnist_shuffled")
        ),
        after="It looks like noise. You read a digit by its lines and curves, and those are gone, because neighbours "
        "are no longer next to each other.",
        notes="Look at several images of one class: is there anything in common?",
    ),
    Step(
        title="The dense network on noise",
        text="The same network, with the same settings, now learns from the shuffled images. It is tested on "
        "shuffled digits, too: the **test set** has been rearranged in the same way.",
        page="train",
        settings=DENSE_SHUFFLED,
        run_name="dense network, shuffled pixels",
        keys=("start",),
        question=Question(
            "You could not read a single one. How many of the unseen digits will it read?",
            ("10%, it can only guess", "About half", "About as many as before"),
            2,
        ),
        do="The form is filled in: press Start.",
        after="**{yours_b}** now, {yours_a} before: no real difference (typically {dense_shuffled}). To a dense "
        "network, an image is a list: its units never knew which pixels are neighbours, so the order does not "
        "matter.",
        values=_scores,
        terms=("Test set",),
        notes="The most surprising moment of the lesson. Let them explain it before they read on.",
    ),
    Step(
        title="A CNN",
        text="A **convolutional network** (CNN) looks at the image through small windows of 3×3 pixels and uses the "
        "same weights in each window. So it looks for short lines and corners everywhere.",
        page="train",
        settings=CNN,
        run_name="CNN",
        earlier=True,
        keys=("start",),
        question=Question(
            "How will the CNN do on the original digits, compared with the dense network?",
            ("Better", "About the same", "Worse"),
            0,
        ),
        do="The form is filled in: press Start.",
        after="**{yours_c}** against {yours_a} (typically {cnn}). It makes about half as many errors, because it "
        "already “knows” that a line is a line wherever it is.",
        values=_scores,
        terms=("CNN", "Convolution"),
        notes="Half as many errors matters more than three points of accuracy: compare 7% and 3% wrong.",
    ),
    Step(
        title="The CNN on noise",
        text="Now the CNN gets the shuffled images, in which there are no lines or corners.",
        page="train",
        settings=CNN_SHUFFLED,
        run_name="CNN, shuffled pixels",
        keys=("start",),
        question=Question(
            "What will happen to the CNN?",
            (
                "It does not care either",
                "It gets much worse, even worse than the dense network",
                "It learns nothing at all",
            ),
            1,
        ),
        do="The form is filled in: press Start.",
        after="**{yours_d}** instead of {yours_c}, while the dense network gets {yours_b} on the same images "
        "(typically {cnn_shuffled}). It assumes that neighbouring pixels belong together, and in these images they "
        "do not.",
        values=_scores,
        notes="It still learns something: the dense layers at its end can use the rest.",
    ),
    Step(
        title="What you have seen",
        text="Your four networks: dense {yours_a} and shuffled {yours_b}; CNN {yours_c} and shuffled {yours_d}.\n\nA "
        "CNN is better at images because of what it takes for granted: neighbouring pixels belong together, and a "
        "pattern is the same everywhere. The next lesson opens one of its windows.",
        page="runs",
        values=_scores,
        compares_runs=True,
    ),
)
