"""Lesson: CIFAR-10. Colour photos, from a small CNN to a deep one; steps that train are optional."""

import numpy as np

from imgcls.evaluation.metrics.percent import percent
from imgcls.lessons.catalog import clothing
from imgcls.lessons.content import Measured, Question, Situation, Step

ORDER = 8
TITLE = "Photos: what depth buys"
ABOUT = "You move on to photos of cats, dogs and ships, and see what a deeper network gains."
GOAL = "Explain what makes photos hard, and what a deeper network and better training gain."
MINUTES = 15
PICTURE = "CNN"
SMALL = {**clothing.SMALL, "data": "cifar10"}
DEEP = {**clothing.DEEP, "data": "cifar10"}
LONGER = {**DEEP, "epochs": 4, "model_settings": {"width": 32, "widening": 2}}
RUN = {"run": "cifar10"}
CAT, DOG = 3, 5
ANIMALS, VEHICLES = (2, 3, 4, 5, 6, 7), (0, 1, 8, 9)


def _cats_and_dogs() -> float:
    found = clothing.tested("cifar10")
    pets = np.isin(found.labels, (CAT, DOG)) & np.isin(found.predicted, (CAT, DOG))
    return float(pets[found.predicted != found.labels].mean())


MEASURED = {
    "accuracy": Measured(
        0.87,
        0.90,
        "Test accuracy of the included CIFAR-10 model",
        measure=lambda: clothing.accuracy("cifar10"),
        is_exact=True,
    ),
    "pets": Measured(0.15, 0.22, "Errors of this model between cats and dogs", measure=_cats_and_dogs, is_exact=True),
    "small": Measured(0.48, 0.58, "Test accuracy of a small CNN on CIFAR-10, 2 epochs", SMALL),
    "deep": Measured(0.69, 0.77, "Test accuracy of a small fast deep CNN on CIFAR-10, 2 epochs", DEEP),
    "longer": Measured(0.80, 0.86, "Test accuracy of a wider one on CIFAR-10, 4 epochs", LONGER),
}
DISCUSS = (
    "Most ships are photographed on blue water. What might the network learn instead of ships, and how would you find "
    "out?",
    "From the small CNN to the included model: which part came from the network, and which from the way it was "
    "trained? How would you tell?",
)


def _scores(situation: Situation) -> dict[str, str]:
    small = situation.finished(SMALL)
    return {
        "yours_small": percent(situation.score(SMALL)),
        "yours_deep": percent(situation.score(DEEP)),
        "animals": percent(clothing.recall(small, ANIMALS)),
        "vehicles": percent(clothing.recall(small, VEHICLES)),
        "deep_train": percent(situation.training_accuracy(DEEP)),
        "deep_validation": percent(situation.score(DEEP, "val_accuracy")),
    }


STEPS = (
    Step(
        title="Nothing is centred",
        text="CIFAR-10 has photos of ten kinds of animals and vehicles, 32×32 pixels in colour. A digit is white on "
        "black, in the middle. Here, a cat may be anywhere, in any colour, seen from behind.",
        page="evaluate",
        query={"run": "fashion"},
        keys=("evaluate-run",),
        after_keys=("headline",),
        question=Question(
            "The included photo model is as large as the clothing model, which gets 94%. What does it get?",
            ("About 94%, too", "A few points less", "About half"),
            1,
        ),
        do="Choose the run “CIFAR-10” at the top of the page and look at some of its images.",
        check=lambda situation: situation.shows("evaluate", **RUN),
        after="{accuracy} of 10,000 test images; guessing would get one in ten right.",
    ),
    Step(
        title="Cats and dogs",
        text="There are 90 ways to mistake one of ten classes for another.",
        page="evaluate",
        query=RUN,
        keys=("matrix-room",),
        question=Question(
            "The line at the top counts the mix-ups of cats and dogs. How many would there be if all mistakes were "
            "equally likely?",
            ("About as many", "About half as many", "About an eighth as many"),
            2,
        ),
        do="In the confusion matrix, click one of the two cells in which a cat and a dog are mixed up.",
        check=lambda situation: situation.shows("evaluate", **RUN) and situation.cell in ((CAT, DOG), (DOG, CAT)),
        tried=lambda situation: situation.shows("evaluate", **RUN) and situation.cell is not None,
        hint="This cell is about other classes. Click row “cat”, column “dog”, or row “dog”, column “cat”.",
        after="Cats and dogs are {pets} of all errors, not 2 in 90. The same fur, legs and sofas: what tells them "
        "apart is subtle and differs from "
        "photo to photo. Not one automobile is mistaken for a horse.",
        terms=("Confusion matrix",),
        notes="Ask which pairs they expect next, then look at the matrix.",
    ),
    Step(
        title="The small CNN",
        text="First the small CNN that reads more than 90% of the digits.",
        page="train",
        settings=SMALL,
        run_name="small CNN",
        earlier=True,
        keys=("start",),
        question=Question(
            "Six of the ten classes are animals, four are vehicles. Which will it recognise better?",
            ("Animals", "Vehicles", "Both the same"),
            1,
        ),
        do="The form is filled in: press Start.",
        after="**{yours_small}** (typically {small}): five times as good as guessing, and useless. It finds "
        "{vehicles} of the vehicles and {animals} of the animals. Its few filters find edges and colours: a ship on "
        "blue water, but not a cat, which may have any colour and pose.",
        values=_scores,
        terms=("CNN",),
        notes="It needs the dataset CIFAR-10 and less than a minute of processor time.",
    ),
    Step(
        title="Deeper, and trained better",
        text="Now a network with more layers, in which each layer builds on the patterns of the one before, with "
        "augmentation (mirror images and shifts) and a schedule. Two epochs again.",
        page="train",
        settings=DEEP,
        run_name="deep CNN",
        earlier=True,
        keys=("start",),
        question=Question(
            "Where will its accuracy be higher at the end?",
            ("On the training images", "On the validation images, which it does not learn from", "Both the same"),
            1,
        ),
        do="The form is filled in: press Start.",
        after="**{yours_deep}** (typically {deep}) compared with {yours_small} before. Training {deep_train}, "
        "validation {deep_validation}: shifted and mirrored images are harder, and it was still learning while the "
        "first was measured. Twice as wide and with four epochs, it reaches {longer}; the included model is wider "
        "still, was trained for 12 epochs, and reaches {accuracy}.",
        values=_scores,
        terms=("Augmentation", "Schedule"),
        notes="Each further point costs more than the one before. Draw accuracy over time on the board.",
    ),
    Step(
        title="What you have seen",
        text="Photos are hard because everything varies: position, size, colour, background. Depth lets a network "
        "build parts from edges and animals from parts; mirror images and shifts show it what does not matter; width "
        "and training time do the rest.\n\nFew people have 50,000 photos of their own. The next lesson gets by with a "
        "few hundred.",
        page="evaluate",
        query=RUN,
    ),
)
