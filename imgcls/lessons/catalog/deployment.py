"""Lesson: deployment. Take a model home as one page, make it smaller, call it over HTTP, and watch what it meets."""

from collections.abc import Callable

from imgcls import runs
from imgcls.errors import UserError
from imgcls.evaluation.metrics.percent import percent
from imgcls.export import records
from imgcls.export.records import Record
from imgcls.inference import served_model
from imgcls.lessons.content import DIGITS, Measured, Question, Situation, Step
from imgcls.system import json_files, paths

ORDER = 14
TITLE = "Take it home, and call it from code"
ABOUT = "You take a trained model home as one file, and call it from a program of your own."
GOAL = "Take a trained model out of the app, check the copy, and call it from a program of your own."
MINUTES = 12
PICTURE = "Neural network"
PAGE, SMALL = "html", "litert_dynamic"
"""The formats of the page to take home and of the 8-bit file."""
EXPORT = {"run": DIGITS, "view": "Export"}


def _identical() -> float:
    record = json_files.read_object(paths.app_folder() / "saved_models" / DIGITS / served_model.RECORD)
    return float(record["identical"])


MEASURED = {
    "identical": Measured(
        0.99,
        1.0,
        "Test images for which the 8-bit digit model predicts the same as the original",
        measure=_identical,
        is_exact=True,
    ),
}
DISCUSS = (
    "A model for skin spots was tested in one clinic and runs in another. What would you check in the first week?",
    "When is it better that an image never leaves the phone? When is a server better?",
)


def _record(name: str) -> Record | None:
    """The verified file of the digit model in a format; None if there is none."""
    try:
        found = records.all_of(runs.find(DIGITS)).get(name)
    except UserError:
        return None
    return found if found is not None and found.is_offered else None


def _is_there(name: str) -> Callable[[Situation], bool]:
    return lambda situation: situation.shows("evaluate", **EXPORT) and _record(name) is not None


def _values(name: str) -> Callable[[Situation], dict[str, str]]:
    def values(situation: Situation) -> dict[str, str]:
        found = _record(name)
        if found is None:
            return dict.fromkeys(("size", "same", "images", "changed"), "–")
        return {
            "size": f"{found.bytes / 1e6:.1f} MB" if found.bytes >= 1e6 else f"{found.bytes / 1e3:.0f} kB",
            "same": percent(found.identical, 2),
            "images": f"{found.images:,}",
            "changed": f"{found.changed_count:,}",
        }

    return values


STEPS = (
    Step(
        title="A model is a file",
        text="A trained network is a list of layers and their weights. Stored in a file, it runs without this app: on "
        "a phone, in a browser, on a server. Keras, LiteRT and ONNX are formats for such files.",
        page="evaluate",
        query={"run": DIGITS},
        keys=("view",),
        tab="Export",
        question=Question(
            "You give a friend nothing but the file. What can still go wrong?",
            (
                "Nothing, the file is the model",
                "Their images are not prepared as they were in training",
                "The model forgets what it learned",
            ),
            1,
        ),
        do="Open the section “Export” of the included digit model.",
        check=lambda situation: situation.shows("evaluate", **EXPORT),
        after="A digit must be cut out, scaled and centred as the training images were (lesson 2). If it is not, the "
        "same weights give worse predictions, and no error message tells you. A good export therefore includes the "
        "preparation and is checked: here, each file is run in its own runtime and compared with the predictions of "
        "this run.",
        terms=("Export",),
        notes="Most failures of exported models are failures of the preparation.",
    ),
    Step(
        title="Take it home",
        text="The first button makes a single HTML page that contains the model, the preparation and a canvas. It "
        "even opens from a USB stick.",
        page="evaluate",
        query=EXPORT,
        keys=("task-Take-it-home", "export-html"),
        after_keys=("export-html",),
        question=Question(
            "You open this page on a phone in flight mode. Where is your drawing classified?",
            ("On the phone", "On the server of this app", "Nowhere: it needs a network"),
            0,
        ),
        do="Press “Take it home” and wait until the file has been checked, then download it.",
        check=_is_there(PAGE),
        after="The page is {size} in size. It was compared with the run on {images} images: {same} of its predictions "
        "are identical. It works offline, and a drawing never leaves the phone.",
        values=_values(PAGE),
        notes="The export takes a moment. If the server does not allow exports, skip this step and show the file.",
    ),
    Step(
        title="Smaller",
        text="Each weight takes 32 bits. With 8 bits, a phone computes faster and uses less memory. This is called "
        "**quantisation**: each weight is rounded to one of 256 values.",
        page="evaluate",
        query=EXPORT,
        keys=("export-formats", "task-Export-and-verify"),
        after_keys=("export-results",),
        question=Question(
            "Rounding moves every score a little. For which images may that change the prediction?",
            ("For any, by chance", "For those where two classes had nearly the same score", "For the darkest ones"),
            1,
        ),
        do="Under “For programmers”, choose “LiteRT dynamic range” alone among the formats, and press “Export and "
        "verify”.",
        check=_is_there(SMALL),
        after="The file is {size} in size, and {changed} of {images} predictions changed: only close calls can tip "
        "over. The included 8-bit digit model, which replaces the original on suitable CPUs, makes the same prediction "
        "for {identical} of the images it was checked with. What matters is that it was checked: a file that does not "
        "match is not offered.",
        values=_values(SMALL),
        terms=("Quantisation",),
        notes="The table names every image whose prediction changes. Look at one: it was a close call before, too.",
    ),
    Step(
        title="Call it from a program",
        text="A website or a machine in a factory does not draw. It sends an image and gets an answer:\n\n"
        "`imgcls serve digits --port 8000`\n\n"
        '`curl -H "Authorization: Bearer TOKEN" -F files=@one.png 127.0.0.1:8000/api/models/digits/predict`\n\n'
        "The first line starts the service and prints a token; the second sends it an image.",
        page="evaluate",
        query=EXPORT,
        question=Question(
            "The answer is the digit and its probability. What else does a program need to know?",
            ("The number of layers", "Whether the image may not be a digit at all", "Nothing"),
            1,
        ),
        after="If the prediction should not be trusted, the answer has a `rejection` with the reason. Its `notes` say "
        "how the image was prepared. A program that ignores the rejection will one day act on a coffee stain. The "
        "token keeps others from using your computer.",
        after_terms=("Rejection",),
        notes="If you have a terminal, run both lines. The how-to guide “Serve predictions” has Python and JavaScript.",
    ),
    Step(
        title="What the test did not cover",
        text="The test images come from the same source as the training images. Those that arrive after launch do "
        "not. Try what a careless program might send.",
        page="predict",
        query={"run": DIGITS},
        keys=("canvas",),
        question=Question(
            "Somebody writes two digits into one field. What will the app do?",
            ("Read both", "Refuse, and say why", "Read the first one and say nothing"),
            1,
        ),
        do="Clear the canvas if needed, then draw a 4 and a 7 side by side, with a gap.",
        check=lambda situation: situation.answer is not None and situation.answer.rejection is not None,
        hint="The app reads a single “{said}”. If both digits are there, press Clear and leave a wider gap.",
        after="It warns: “{warning}”. The network alone would have named one of its ten digits. Count such cases "
        "after launch: if they become more frequent, the images are no longer like those the model was tested on.",
        values=lambda situation: {
            "warning": situation.answer.rejection.title.rstrip(".")
            if situation.answer is not None and situation.answer.rejection is not None
            else "–",
            "said": situation.said,
        },
        notes="This is called drift. A score from before launch says nothing about it.",
    ),
    Step(
        title="What you have seen",
        text="Outside the app, a model is a file and the preparation of its images. Compare the copy with the "
        "original, shrink it if that changes nothing, let it refuse bad input, and keep an eye on it.\n\nThat was the "
        "last lesson. Now train on images of your own: you can import them on the Data page.",
        page="predict",
        query={"run": DIGITS},
    ),
)
