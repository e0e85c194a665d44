"""Lesson: seven ways to a great but worthless score, each a switch with the honest number beside it."""

from imgcls import datasets
from imgcls.errors import DatasetError
from imgcls.evaluation.metrics.percent import percent
from imgcls.lessons import worthless
from imgcls.lessons.content import Measured, Question, Situation, Step
from imgcls.lessons.worthless import WAYS

ORDER = 11
TITLE = "Seven ways to a worthless score"
ABOUT = "You get great scores in seven wrong ways, so that you recognise the tricks when you meet them."
GOAL = "Spot seven common ways in which a high score means nothing."
MINUTES = 12
PICTURE = "Leak"
DATA, SWITCH = "ways-data", "way-{}"
"""The keys of the choice of a dataset, and of each switch."""
DEFAULT = datasets.info.DEFAULT
DISCUSS = (
    "An app store says “99% accurate”. Which three questions do you ask?",
    "Which of the seven happen by accident, and which only on purpose?",
)


def measure_on_sample(way: int, which: int) -> float:
    """A number of a way on the MNIST sample: 0 is the flattering one, 1 the honest one."""
    datasets.prepare(DEFAULT)
    return WAYS[way].scores(worthless.of_dataset(DEFAULT))[which]


MEASURED = {
    "trained": Measured(0.99, 1.0, "Score on the training images", measure=lambda: measure_on_sample(0, 0)),
    "honest": Measured(0.75, 0.85, "Honest score of the same model", measure=lambda: measure_on_sample(0, 1)),
    "nonsense": Measured(0.05, 0.2, "Honest score after learning nonsense", measure=lambda: measure_on_sample(4, 1)),
}


def _both(number: int):
    def values(situation: Situation) -> dict[str, str]:
        try:
            data = worthless.of_dataset(str(situation.state.get(DATA) or DEFAULT))
        except DatasetError:
            return {"great": "–", "true": "–"}
        great, true = WAYS[number].scores(data)
        return {"great": percent(great), "true": percent(true)}

    return values


def _is_on(number: int):
    return lambda situation: situation.state.get(SWITCH.format(number)) is True


QUESTIONS = (
    Question(
        "What is the score on images that the model knows?", ("About the same as the honest one", "Nearly 100%"), 1
    ),
    Question("What will the leak do to the score?", ("It rises", "It falls", "Nothing"), 0),
    Question(
        "The winner of 40 tries gets new images. What happens to its score?",
        ("It stays the same", "It falls", "It rises"),
        1,
    ),
    Question(
        "You leave out the hardest class. What does the honest score do?",
        ("It rises, too", "It falls", "It stays the same"),
        1,
    ),
    Question("What does a model learn from shuffled labels?", ("Nothing at all", "To memorise its training images"), 1),
    Question("How accurate is a model that never says “ill” if 5% of people are ill?", ("50%", "95%", "5%"), 1),
    Question("How far can chance alone move a score on 50 images?", ("By less than 1 point", "By several points"), 1),
)
INTRO = (
    "Seven switches on this page make a score look better than it is. The model is the simplest one: it gives an image "
    "the label of the most similar image that it knows. The first trick: "
)
EXTRA = {
    0: " Typical for the MNIST sample: {trained} reported, {honest} honest.",
    4: " On the MNIST sample the honest score is {nonsense}, as good as guessing.",
}


def _step(number: int) -> Step:
    way = WAYS[number]
    return Step(
        title=way.title,
        text=way.text if number else INTRO + way.text[0].lower() + way.text[1:],
        page="lessons",
        query={"lesson": "worthless_scores"},
        keys=(SWITCH.format(number),),
        after_keys=(SWITCH.format(number),),
        question=QUESTIONS[number],
        do=f"Switch on “{way.title}”.",
        check=_is_on(number),
        after="Reported: **{great}**. Honest: **{true}**. " + way.why + EXTRA.get(number, ""),
        values=_both(number),
        terms=(("Leak",) if number == 1 else ("Test set",) if number == 2 else ("Seed",) if number == 6 else ()),
        after_terms=("Recall",) if number == 5 else (),
    )


STEPS = (
    *map(_step, range(len(WAYS))),
    Step(
        title="What you have seen",
        text="A score is worth what its test is worth. Ask: were these images new to the model, were they used to "
        "choose it, "
        "do they look like those it will meet, and how many were there?",
        page="lessons",
        query={"lesson": "worthless_scores"},
    ),
)
