"""Lesson: draw, and be recognised."""

from collections.abc import Callable

from imgcls.languages import gettext as _
from imgcls.languages import percent
from imgcls.lessons.content import Measured, Question, Situation, Step

ORDER = 1
TITLE = "Draw, and see it recognised"
ABOUT = "You draw, and a network reads along, stroke by stroke. Then you fool it with a smiley."
GOAL = "Explain what a classifier does and what its percentages mean."
MINUTES = 5
PICTURE = "Prediction"
MEASURED: dict[str, Measured] = {}
DISCUSS = (
    "Whose handwriting was misread? What is different about it?",
    "Where would it matter that a program answers even if it was given something else entirely?",
)


def reads(digit: str, *, is_quiet: bool = False) -> Callable[[Situation], bool]:
    """The check of a step: whether the app reads this digit; if the step `is_quiet`, whatever the extra check says."""

    def check(situation: Situation) -> bool:
        answer = situation.answer
        return answer is not None and (is_quiet or answer.rejection is None) and answer.prediction == digit

    return check


def _confidence(situation: Situation) -> dict[str, str]:
    answer = situation.answer
    return {"confidence": percent(answer.confidence if answer else None), "said": situation.said}


def _predicted(situation: Situation) -> dict[str, str]:
    answer = situation.answer
    return {"said": "–" if answer is None else f"{answer.prediction}"}


def _is_misread(situation: Situation) -> bool:
    answer = situation.answer
    return answer is not None and (answer.prediction != "7" or answer.rejection is not None)


def _verdict(situation: Situation) -> dict[str, str]:
    answer = situation.answer
    if answer is None:
        return {"said": "", "warning": ""}
    warning = _("no warning")
    if answer.rejection is not None:
        warning = _("“{title}”").format(title=answer.rejection.title.rstrip("."))
    return {"said": f"{answer.prediction}", "warning": warning}


STEPS = (
    Step(
        title="A program that reads",
        text="On this page you can draw with the mouse or a finger. A trained neural network looks at your drawing "
        "and says which digit it is: its **prediction**. It learned that from examples, and your handwriting was not "
        "among them.",
        page="predict",
        query={"run": "digits"},
        keys=("canvas",),
        question=Question(
            "Will it be able to read your 3?",
            ("Yes, even a crooked one", "Only if I draw it perfectly", "No, it does not know my handwriting"),
            0,
        ),
        do="Draw a large 3 on the canvas, a little crooked on purpose.",
        check=reads("3"),
        hint="The app says “{said}”; this step needs a 3. If yours is complete, press Clear and draw a larger one.",
        after="It reads a **3**. How sure it is of that, its **confidence**, is {confidence}. Nobody wrote "
        "a rule such as “two arcs, open to the left”. The network found its own rules in thousands of examples, so it "
        "also reads a 3 that it has never seen.",
        values=_confidence,
        terms=("Neural network", "Prediction"),
        after_terms=("Confidence",),
        notes="Everybody's first success. If a 3 is not read, let them clear it and write it larger.",
    ),
    Step(
        title="Watch it change its mind",
        text="The bars show the network's confidence in each of the ten digits, its **classes**: how likely it "
        "considers each of them, in percent. They always add up to 100%.",
        page="predict",
        query={"run": "digits"},
        keys=("answer", "canvas"),
        question=Question(
            "You now draw a 4, slowly. What will the bars do on the way?",
            (
                "Nothing until the 4 is complete",
                "They vary with every stroke: what it resembles so far leads",
                "All ten grow evenly until the 4 is complete",
            ),
            1,
        ),
        do="Press Clear, then draw a 4 slowly and watch the bars while you draw.",
        faint="4",
        is_quiet=True,
        check=reads("4", is_quiet=True),
        hint="The network says “{said}”; this step needs a 4. If yours is complete, press Clear and draw a larger one.",
        after="Whatever half a 4 resembled, that digit led: often a 1 or a 6, sometimes the 4 at once. The network "
        "does not know what you intend, nor the order of your strokes. It sees only the image as it is at that "
        "moment, and compares ten classes.",
        values=_predicted,
        terms=("Class",),
        notes="Most see 1, 6 or 9 lead, some the 4 at once. Ask which, and why.",
    ),
    Step(
        title="Draw a face",
        text="Every image that this network learned from showed a digit. Now show it something else.",
        page="predict",
        query={"run": "digits"},
        keys=("canvas",),
        question=Question(
            "What will the network answer?",
            ("None of the ten digits", "One of the ten digits", "“This is a face”"),
            1,
        ),
        do="Press Clear, then draw a face: a circle, two eyes, a mouth.",
        faint="",
        check=lambda situation: len(situation.drawing.strokes) >= 3 and situation.answer is not None,
        hint="Keep drawing: a face needs at least three strokes. Lift the pen between them.",
        after="Network: **{said}**. Extra check: {warning}. The network has ten classes and no eleventh, and one of "
        "them always gets the highest confidence. It answers the question “which of these?”, never “is it one of "
        "these?”. So the app has an extra check, which is not part of the network: if it warns, its warning takes the "
        "place of the answer.",
        values=_verdict,
        notes="The network always chooses among its classes. The warning comes from a separate check.",
    ),
    Step(
        title="A 7 on its side",
        text="You recognise a 7 even if it lies on its side. Try whether the network does, too.",
        page="predict",
        query={"run": "digits"},
        keys=("canvas",),
        question=Question(
            "Will it read a 7 that lies on its side?",
            ("Yes, it is still the same shape", "No: it names another digit, or the extra check warns"),
            1,
        ),
        do="Press Clear, then draw a 7 that lies on its side.",
        faint="",
        check=_is_misread,
        hint="This one is still read as a 7. Press Clear and turn it further, until its long stroke is level.",
        after="Network: **{said}**. Extra check: {warning}. The network knows only what its examples showed, and they "
        "were upright. That a 7 on its side is still a 7 is one more thing it would have to learn.",
        values=_verdict,
        notes="A few rotated sevens are still read as 7; turn further, to the left.",
    ),
    Step(
        title="What you have seen",
        text="A **classifier** turns an image into a number for each **class**, and the largest is its "
        "**prediction**. It learned from examples, generalises to new ones that are similar, and fails on those that "
        "are not.\n\nThe next lesson shows what it receives instead of your drawing: pixels.",
        page="predict",
        query={"run": "digits"},
        terms=("Classifier", "Generalisation"),
    ),
)
