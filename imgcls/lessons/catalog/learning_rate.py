"""Lesson: the learning rate, and schedules that lower it."""

from imgcls.evaluation.metrics.percent import percent
from imgcls.lessons.catalog import shuffled
from imgcls.lessons.content import Measured, Question, Situation, Step

ORDER = 6
TITLE = "The learning rate"
ABOUT = "You train far too slowly, then far too fast, and find the speed at which a network learns best."
GOAL = "Tell from the curves whether a learning rate is too high or too low, and learn what a schedule is for."
MINUTES = 12
PICTURE = "Learning rate"
MIDDLE = shuffled.DENSE
TINY = {**MIDDLE, "learning_rate": 0.00001}
HUGE = {**MIDDLE, "learning_rate": 0.1}
LOWERED = {**MIDDLE, "learning_rate": 0.003, "schedule": "cosine"}
MEASURED = {
    "tiny": Measured(0.2, 0.45, "Test accuracy with a learning rate of 0.00001", TINY),
    "huge": Measured(0.1, 0.5, "Test accuracy with a learning rate of 0.1", HUGE),
    "middle": shuffled.MEASURED["dense"],
    "lowered": Measured(0.93, 0.965, "Test accuracy with 0.003, lowered to 0", LOWERED),
}
DISCUSS = (
    "You look for the lowest point of a valley in fog. How long are your steps, at first and later?",
    "Training goes badly. Which three things do you change first, and in which order?",
)


def _scores(situation: Situation) -> dict[str, str]:
    settings = {"a": TINY, "b": HUGE, "c": MIDDLE, "d": LOWERED}
    return {f"yours_{name}": percent(situation.score(one)) for name, one in settings.items()}


STEPS = (
    Step(
        title="A hundredth of the usual rate",
        text="In each training step, every weight is moved a little, in the direction that makes the loss smaller. "
        "The **learning rate** sets how far. Here it is 0.00001, a hundredth of the usual one.",
        page="train",
        settings=TINY,
        run_name="rate 0.00001",
        keys=("learning_rate", "start"),
        after_keys=("curve-loss",),
        question=Question(
            "With the usual rate, a network reads more than 90% of the digits after eight epochs. What about a "
            "hundredth of it?",
            ("The same, only a little later", "Less than half of them", "Only 10%, as if guessing"),
            1,
        ),
        do="The form is filled in: press Start, and watch how the loss falls.",
        after="**{yours_a}** (typically {tiny}). The loss keeps falling, but far too slowly: eight epochs are not "
        "enough. Nothing is broken, so no message warns you. The sign is a loss that is still falling when training "
        "ends.",
        values=_scores,
        terms=("Learning rate", "Loss"),
        notes="Ask how many epochs it might need. There is no way to know; that is the point.",
    ),
    Step(
        title="A hundred times the usual rate",
        text="So take large steps: 0.1, a hundred times the usual rate.",
        page="train",
        settings=HUGE,
        run_name="rate 0.1",
        keys=("learning_rate", "start"),
        after_keys=("curve-loss",),
        question=Question(
            "What will the loss do?",
            ("Fall a hundred times as fast", "Jump around and stay high", "Fall fast, then level off"),
            1,
        ),
        do="The form is filled in: press Start.",
        after="**{yours_b}** (typically {huge}). The loss is like a valley, and training looks for its lowest point. "
        "Each step jumps over it and lands on the other side, often higher than before. The sign of a rate that is too "
        "high is a loss that jumps, or stays near 2.3, the loss of guessing among ten classes.",
        values=_scores,
        notes="2.3 is the natural logarithm of 10.",
    ),
    Step(
        title="In between",
        text="The usual rate for this optimiser, the rule by which the weights are moved, is 0.001. If you did lesson "
        "3, you already have this run.",
        page="train",
        settings=MIDDLE,
        run_name="rate 0.001",
        earlier=True,
        keys=("learning_rate", "start"),
        after_keys=("curve-loss",),
        do="The form is filled in: press Start.",
        after="**{yours_c}** (typically {middle}), with the same network and the same images. The learning rate is "
        "the first setting to look at when training goes badly. The Train page can suggest one: “Pre-flight check” "
        "has a learning-rate finder.",
        values=_scores,
        terms=("Optimiser",),
    ),
    Step(
        title="First large, then small",
        text="Why settle for one rate? A **schedule** changes the rate during training. This one starts at 0.003 and "
        "lowers it to 0 along half a cosine wave.",
        page="train",
        settings=LOWERED,
        run_name="falling rate",
        keys=("rates", "start"),
        after_keys=("curve-loss",),
        question=Question(
            "What will the curve of the validation loss look like at the end?",
            ("Calm: it hardly moves", "As jumpy as at the beginning", "It rises steeply"),
            0,
        ),
        do="The form is filled in. Open “Learning-rate schedule” to see how the rate falls, then press Start.",
        after="**{yours_d}** (typically {lowered}), compared with {yours_c} at a constant 0.001. Large steps cover "
        "the distance at first; small ones settle at the end. On 1,000 test images, a difference of one or two points "
        "may be chance.",
        values=_scores,
        terms=("Schedule",),
        notes="The digit, clothing and photo models that come with the app were trained with the schedule one-cycle.",
    ),
    Step(
        title="What you have seen",
        text="Too small: {yours_a}. Too large: {yours_b}. Usual: {yours_c}. With a schedule: {yours_d}.\n\nIf the "
        "loss creeps, raise the rate. If it jumps, lower the rate. If it falls but then jitters, lower the rate "
        "towards the end. The next lesson has harder images.",
        page="runs",
        values=_scores,
        compares_runs=True,
    ),
)
