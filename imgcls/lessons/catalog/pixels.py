"""Lesson: pixels, what a network sees."""

from imgcls import datasets, languages
from imgcls.images.canvas_strokes import SIDE
from imgcls.lessons.catalog import draw
from imgcls.lessons.content import Measured, Question, Situation, Step

ORDER = 2
TITLE = "Pixels: what a network sees"
ABOUT = "You see your drawing turn into a grid of numbers, and find out why it is moved and resized first."
GOAL = "Explain what goes into a network and why an image has to be prepared first."
MINUTES = 5
PICTURE = "Pixel"
MEASURED: dict[str, Measured] = {}
DISCUSS = (
    "Your phone takes photos of 12 million pixels. Why do most networks get fewer than 100,000 of them?",
    "What does preparing an image throw away? When would that be wrong?",
)
SMALL = 0.4
"""A digit of at most this part of the canvas is small."""


def _ink(situation: Situation) -> dict[str, str]:
    answer = situation.answer
    ink = "–" if answer is None else languages.number(int((answer.pixels > 0).sum()))
    return {"ink": ink, "said": situation.said}


def _is_small(situation: Situation) -> bool:
    if situation.answer is None:
        return False
    left, top, right, bottom = situation.drawing.box
    return max(right - left, bottom - top) <= SMALL * SIDE


STEPS = (
    Step(
        title="From a drawing to numbers",
        text="A network cannot see. It computes, so your drawing has to become numbers first. A small grey image, the "
        "“model input”, shows all of them.",
        page="predict",
        query={"run": "digits"},
        keys=("canvas", "answer"),
        question=Question(
            "The canvas has more than 100,000 dots. How many numbers does the network get?",
            ("All 100,000", "784", "About 20, the corners of my strokes"),
            1,
        ),
        do="Draw a 5. Then look at the small image, the model input.",
        faint="5",
        check=draw.reads("5"),
        hint="The app says “{said}”; this step needs a 5. If yours is complete, press Clear and draw a larger one.",
        after="It gets 28 × 28 = 784 **pixels**. Each is a number from 0 (black) to 255 (white): point at one in the "
        "model input, and its number appears below. In your drawing, {ink} of them are not 0. That is all the network "
        "knows about it.",
        values=_ink,
        after_terms=("Pixel",),
        notes="The image is beside or below the ten bars; on a small screen, scroll down.",
    ),
    Step(
        title="Small, and in a corner",
        text="The network learned from digits that were centred and had the same size. Yours need not be.",
        page="predict",
        query={"run": "digits"},
        keys=("canvas", "answer"),
        question=Question(
            "You draw a tiny 5 in a corner. What will its 28×28 pixels look like?",
            ("A tiny 5 in a corner", "A 5 in the middle, as large as before", "Nothing, it is too small"),
            1,
        ),
        after_keys=("input-check-chip",),
        do="Press Clear, then draw a tiny 5 in a corner of the canvas.",
        faint="",
        check=_is_small,
        hint="That is too large. Press Clear and draw it less than half as high as the canvas.",
        after="The app cuts out what you drew, scales it and puts it in the middle, exactly as was done with the "
        "digits the network learned from. Otherwise your 5 would be unlike anything it has seen. The button "
        "“Input check” shows both versions and what the network says to each.",
        notes="Open “Input check”: the prediction “as drawn” is often wrong.",
    ),
    Step(
        title="Count them yourself",
        text="The dataset *Small digits* has images so coarse that you can count the pixels.",
        page="data",
        keys=("data",),
        question=Question(
            "An image has 8 rows and 8 columns of grey pixels. How many numbers is that?", ("8", "16", "64"), 2
        ),
        do="Choose the dataset “Small digits” at the top of the page.",
        check=lambda situation: situation.shows("data", data="Small digits") and datasets.is_ready("digits"),
        after="8 × 8 = 64 numbers, and you can still read most of the digits. A **dataset** is many such images, each "
        "with a **label** that says what it shows. A network learns from such pairs, its **training set**.",
        terms=("Dataset",),
        after_terms=("Label", "Training set"),
        notes="Can anyone read all of them? A digit does not need more pixels.",
    ),
    Step(
        title="Colour",
        text="This page examines a network that has finished learning, here one for photos of 32×32 pixels. You need "
        "only its photos now; later lessons explain the rest. A colour pixel is not one number: screens mix each "
        "colour from red, green and blue light.",
        page="evaluate",
        query={"run": "cifar10", "view": "Single image"},
        keys=("channels",),
        after_keys=("channels",),
        question=Question("How many numbers describe a colour image of 32×32 pixels?", ("32", "1,024", "3,072"), 2),
        do="Open “Red, green and blue” below the prediction.",
        check=lambda situation: (
            situation.shows("evaluate", run="cifar10", view="Single image") and situation.state.get("channels") is True
        ),
        after="32 × 32 × 3 = 3,072 numbers: three for each pixel. Where all three images are bright, the photo is "
        "white; where only one is, the photo has that colour. To the network, a photo is a long list of numbers. It "
        "does not know by itself that some of them are neighbours.",
        notes="Step back: from three metres, 32×32 pixels look like a photo.",
    ),
    Step(
        title="What you have seen",
        text="An image is a grid of numbers: one for each grey pixel, three for each colour pixel. A network sees "
        "nothing else, and an image must be prepared as its training images were.\n\nIf it is only a list of numbers, "
        "does their order matter? The next lesson finds out.",
        page="evaluate",
        query={"run": "cifar10", "view": "Single image"},
    ),
)
