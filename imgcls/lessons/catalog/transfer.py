"""Lesson: transfer learning. A network that learned from photos gets a new head; then its last blocks are "
"fine-tuned."""

from imgcls.evaluation.metrics.percent import percent
from imgcls.lessons.catalog import photos, training
from imgcls.lessons.content import Measured, Question, Situation, Step
from imgcls.models.backbones import NETWORKS

ORDER = 9
TITLE = "Transfer learning: freeze, then fine-tune"
ABOUT = "You borrow a network that has already seen photos, and get far with a few hundred images."
GOAL = "Train on a few hundred images by reusing a network, and explain what is frozen and what learns."
MINUTES = 15
PICTURE = "Transfer learning"
BACKBONE = NETWORKS["MobileNet 0.25"]
MODEL = {"backbone": BACKBONE.title, "input_size": 96}
SCRATCH = training.FEW
FROZEN = {
    "data": "mnist_sample",
    "model": "transfer",
    "train_images": 300,
    "epochs": 20,
    "model_settings": MODEL,
}
TUNED = {**FROZEN, "model_settings": {**MODEL, "fine_tuning_epochs": 10}}
PHOTOS = {"data": "cifar10", "model": "transfer", "epochs": 10, "model_settings": MODEL}
CLASSES = 10
MEASURED = {
    "scratch": training.MEASURED["few"],
    "photos": Measured(0.68, 0.75, "Test accuracy of frozen features on CIFAR-10, 10 epochs", PHOTOS),
    "photos_scratch": photos.MEASURED["small"],
    "frozen": Measured(0.79, 0.86, "Test accuracy with 300 digits and frozen features of photos", FROZEN),
    "tuned": Measured(0.79, 0.87, "The same after fine-tuning the last two blocks", TUNED),
}
DISCUSS = (
    "Which kinds of images are so unlike photos that features of photos may not help?",
    "You have 60 photos of each of five plants. What do you freeze, what do you train, and how do you test it?",
)


def _values(situation: Situation) -> dict[str, str]:
    settings = {"scratch": SCRATCH, "frozen": FROZEN, "tuned": TUNED}
    found = {f"yours_{name}": percent(situation.score(one)) for name, one in settings.items()}
    return found | {
        "features": f"{BACKBONE.features:,}",
        "backbone": f"{BACKBONE.parameters:,}",
        "head": f"{(BACKBONE.features + 1) * CLASSES:,}",
    }


STEPS = (
    Step(
        title="Few images, from scratch",
        text="Most people have a few hundred images, not 50,000. So take 300 digits and a network that knows nothing. "
        "If you did lesson 5, you already have this run.",
        page="train",
        settings=SCRATCH,
        run_name="from scratch",
        earlier=True,
        keys=("start",),
        do="The form is filled in: press Start.",
        after="It reads {yours_scratch} of the new digits (typically {scratch}), although it gets all of its training "
        "images right: **overfitting**. That is what 300 images are worth to a network that starts **from scratch**, "
        "that is, from random weights.",
        values=_values,
        after_terms=("Overfitting",),
    ),
    Step(
        title="A network that has seen photos",
        text="The app includes a network that learned from 1.3 million photos to tell a thousand kinds of things "
        "apart: dogs, cups, buses, but no digits. Here it serves as the **backbone**: it turns each digit into "
        "{features} numbers, its **features**. It is **frozen**, that is, it does not change. Only a new last layer, "
        "the **head**, learns from the 300 digits.",
        page="train",
        settings=FROZEN,
        run_name="frozen backbone",
        keys=("start",),
        question=Question(
            "How many of the new digits will it read, with features that were made for photos?",
            ("About 10%: photos are not digits", "About as many as from scratch", "Nearly all"),
            1,
        ),
        do="The form is filled in: press Start.",
        after="**{yours_frozen}** (typically {frozen}), compared with {yours_scratch} from scratch. No filter of this "
        "network was made for digits, but edges and corners are useful for photos and handwriting alike. On the "
        "photos of CIFAR-10, the same features reached {photos}, and a small CNN from scratch {photos_scratch} in "
        "about the same time.",
        values=_values,
        terms=("Backbone", "Head"),
        after_terms=("Feature",),
        notes="The backbone runs once per image; after that, an epoch takes an instant. Let them watch it.",
    ),
    Step(
        title="What has been learned here?",
        text="The table counts the **parameters** of your networks, that is, all of their numbers. The one with the "
        "backbone has twice as many as the one from scratch, but most of them were there before it saw a digit.",
        page="runs",
        query={"layout": "Table", "columns": "Parameters"},
        question=Question(
            "Suppose there were 100 classes instead of ten digits. Which part would need more parameters?",
            ("The backbone", "The head", "Both"),
            1,
        ),
        after="The head. For each class, it has one weight for each of the {features} features, and a bias: {head} "
        "numbers for ten classes. Only these were learned from your 300 digits; the {backbone} parameters of the "
        "backbone stayed as they were. Fewer numbers to learn means fewer examples needed.",
        values=_values,
        terms=("Parameter",),
    ),
    Step(
        title="Fine-tune",
        text="The features were made for photos. **Fine-tuning** trains the last two blocks of the backbone as well, "
        "after the head has learned, so that they fit digits better.",
        page="train",
        settings=TUNED,
        run_name="fine-tuned",
        keys=("start",),
        question=Question(
            "Fine-tuning uses a tenth of the head's learning rate. Why?",
            (
                "Large steps would destroy what the backbone knows",
                "The backbone is too large to compute with large steps",
                "It makes the training faster",
            ),
            0,
        ),
        do="The form is filled in: press Start. Fine-tuning takes longer, as the backbone now runs in every epoch.",
        after="**{yours_tuned}** after fine-tuning (typically {tuned}), {yours_frozen} before. On 1,000 test images, "
        "a difference of less than three points may be chance. First the head, then a few blocks in small steps: in "
        "this order, a head that is still untrained cannot spoil the backbone.",
        values=_values,
        terms=("Fine-tuning", "Learning rate"),
        notes="If fine-tuning made it worse, that is worth a discussion: 200 images, and many more parameters.",
    ),
    Step(
        title="What you have seen",
        text="From scratch {yours_scratch}, frozen {yours_frozen}, fine-tuned {yours_tuned}, each with 300 "
        "digits.\n\nWith few images, freeze first, because it is fast; then fine-tune and compare. Now try it on "
        "photos of your own: “Import your own images” on the Data page. The next lesson is about how far to trust the "
        "score.",
        page="data",
        values=_values,
        compares_runs=True,
    ),
)
