"""Lesson: transfer learning. A network that learned from photos gets a new head; then its last blocks are "
"fine-tuned."""

from imgcls.evaluation.metrics.percent import percent
from imgcls.lessons.catalog import photos, training
from imgcls.lessons.content import Measured, Question, Situation, Step
from imgcls.models.backbones import NETWORKS

ORDER = 9
TITLE = "Transfer learning: freeze, then fine-tune"
GOAL = "You can train on a few hundred images by reusing a network, and say what is frozen and what learns."
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
        "If you did lesson 5, you have this run already.",
        page="train",
        settings=SCRATCH,
        earlier=True,
        keys=("start-bar",),
        do="The form is filled in: press Start.",
        after="It reads {yours_scratch} of the new digits (others get {scratch}). That is what 300 images are worth "
        "to a network that starts from scratch.",
        values=_values,
        terms=("Overfitting",),
    ),
    Step(
        title="A network that has seen photos",
        text="The app comes with a network that learned to tell a thousand kinds of things apart, from 1.3 million "
        "photos: dogs, cups, buses, but no digits. Here it is the **backbone**: it turns each digit into {features} "
        "numbers, its **features**, and is not changed: it is **frozen**. Only a new last layer, the **head**, learns "
        "from the 300 digits.",
        page="train",
        settings=FROZEN,
        keys=("start-bar",),
        question=Question(
            "How many of the new digits will be read, with features that were made for photos?",
            ("About 10%: photos are not digits", "About as many as from the beginning", "Nearly all"),
            1,
        ),
        do="The form is filled in: press Start.",
        after="**{yours_frozen}** (others get {frozen}), and {yours_scratch} from the beginning. No filter of this "
        "network was made for digits: edges and corners are good for photos and for writing. On the photos of "
        "CIFAR-10, the same features gave {photos}, and a small CNN from the beginning {photos_scratch} in about the "
        "same time.",
        values=_values,
        terms=("Transfer learning", "Backbone", "Head", "Feature"),
        notes="The backbone runs once per image; after that, an epoch takes an instant. Let them watch it.",
    ),
    Step(
        title="What has learned here?",
        text="Before you fine-tune: what has been learned from the digits so far, and what was there already?",
        page="runs",
        question=Question(
            f"The backbone has {BACKBONE.parameters:,} parameters. How many numbers did your 300 digits have to set?",
            ("All of them", "About half", f"{(BACKBONE.features + 1) * CLASSES:,}, those of the head"),
            2,
        ),
        after="{head}: for each of ten classes a weight for each of {features} features, and a bias. The {backbone} "
        "parameters of the backbone stayed as they were. Fewer numbers to learn need fewer examples.",
        values=_values,
        terms=("Parameter",),
    ),
    Step(
        title="Fine-tune",
        text="The features were made for photos. **Fine-tuning** trains the last two blocks of the backbone as well, "
        "after the head has learned, so that they fit digits better.",
        page="train",
        settings=TUNED,
        keys=("start-bar",),
        question=Question(
            "Fine-tuning uses a tenth of the learning rate of the head. Why?",
            (
                "Large steps would destroy what the backbone knows",
                "The backbone is too large to compute with large steps",
                "It makes the training faster",
            ),
            0,
        ),
        do="The form is filled in: press Start. Fine-tuning takes longer, as the backbone now runs in every epoch.",
        after="**{yours_tuned}** after fine-tuning (others get {tuned}), {yours_frozen} before. On 1,000 test images, "
        "a difference of less than three points is chance. The head first, then a few blocks, in small steps: in this "
        "order, the untrained head of the beginning cannot spoil the backbone.",
        values=_values,
        terms=("Fine-tuning", "Learning rate"),
        notes="If fine-tuning made it worse, that is worth a discussion: 200 images, and many more parameters.",
    ),
    Step(
        title="What you have seen",
        text="From the beginning {yours_scratch}, frozen {yours_frozen}, fine-tuned {yours_tuned}, each with 300 "
        "digits.\n\nWith few images: freeze first, since it is fast. Then fine-tune, and "
        "compare. Now try it on photos of your own: “Import your own images” on the Data page. How much to trust the "
        "score is the next lesson.",
        page="data",
        values=_values,
    ),
)
