"""Lesson: a convolution by hand, with the weights of the learner's own run."""

from imgcls.evaluation.metrics.percent import percent
from imgcls.lessons.catalog import shuffled
from imgcls.lessons.content import Measured, Question, Situation, Step

ORDER = 4
TITLE = "A convolution by hand"
ABOUT = "You click on one dot in the first layer of your own network and work out its value with a calculator."
GOAL = "Compute the value of a unit yourself, from your own network's weights."
MINUTES = 10
PICTURE = "Convolution"
CNN = shuffled.CNN
MEASURED: dict[str, Measured] = {"cnn": shuffled.MEASURED["cnn"]}
DISCUSS = (
    "Invent the nine weights of a filter that finds horizontal lines. Which filter of your network is most like it?",
    "Why may the same nine weights be used at every place of an image? When would that be wrong?",
)
VIEW = {"view": "Activations"}
FILTER, STRONGEST, DRAWN = "by-hand-map", "by-hand-strongest", "activations-drawn"
"""Keys of the session: the filter that was chosen, the one that is chosen at first, and whether there is a drawing."""
CORNER = 7
"""The units of a corner, in each direction."""


def _is_at_activations(situation: Situation) -> bool:
    return situation.shows("evaluate", **VIEW)


def _has_another_filter(situation: Situation) -> bool:
    """At first, a filter like an edge is shown."""
    chosen = situation.state.get(FILTER)
    return _is_at_activations(situation) and chosen not in (None, situation.state.get(STRONGEST))


def _is_in_a_corner(unit: tuple[int, int] | None) -> bool:
    """Whether it is in a corner of a map of 28×28 units, where the samples of MNIST are empty."""
    return unit is not None and all(not CORNER <= one < 28 - CORNER for one in unit)


def _unit(situation: Situation) -> dict[str, str]:
    row, column = situation.unit or (0, 0)
    return {"row": str(row + 1), "column": str(column + 1)}


STEPS = (
    Step(
        title="A network of your own",
        text="You train a **CNN** of your own, so that you can look inside it.",
        page="train",
        settings=CNN,
        run_name="CNN",
        earlier=True,
        is_alike=True,
        keys=("start",),
        do="The form is filled in: press Start.",
        after="Your CNN reads {score} of the unseen digits correctly (typically {cnn}). Its first layer is a "
        "**convolution** with 16 **filters**. Now you will look inside.",
        values=lambda situation: {"score": percent(situation.score(CNN, is_alike=True))},
        terms=("CNN",),
        after_terms=("Convolution", "Filter"),
    ),
    Step(
        title="Sixteen small filters",
        text="A filter is just 3×3 = 9 numbers, its **weights**. No person chose them: they were learned in training. "
        "The page shows positive weights in orange and negative ones in blue.",
        page="evaluate",
        run_of=CNN,
        is_alike=True,
        keys=("view",),
        after_keys=("first-filters",),
        tab="Activations",
        question=Question(
            "What do you expect the filters to look like?",
            ("Small images of digits", "Some have an orange and a blue side, like an edge", "All the same"),
            1,
        ),
        do="Open the section “Activations” of your run and look at the filters of the first layer.",
        check=_is_at_activations,
        after="Some of them are orange on one side and blue on the other, such as filter {edge}. It responds strongly "
        "where the image gets brighter towards its orange side: at an edge. Others are speckled or have one colour; "
        "they respond to small patterns or to brightness.",
        values=lambda situation: {"edge": str(situation.state.get(STRONGEST, "–"))},
        terms=("Weight",),
        notes="No two training runs give the same filters, but edges appear in nearly all.",
    ),
    Step(
        title="Compute one unit",
        text="In “A convolution by hand”, the first image is what the network gets: its pixels, divided by 255, so "
        "that 0 is black and 1 is white. The second one is the **feature map** of one filter: each of its dots is one "
        "**unit**. Point at a dot: the frame in the first image shows what that unit sees, its **receptive field**.",
        page="evaluate",
        query=VIEW,
        run_of=CNN,
        is_alike=True,
        keys=("by-hand",),
        question=Question("How many multiplications does one unit of this layer need?", ("1", "9", "784"), 1),
        do="Click a bright dot of the feature map.",
        check=lambda situation: _is_at_activations(situation) and situation.unit is not None,
        after="The unit in row {row}, column {column}: nine pixels times nine weights, added up, plus the **bias**. "
        "If the sum is negative it becomes 0; that is **ReLU**. Check the sum with a calculator: up to "
        "rounding, it is the value that the app shows.",
        values=_unit,
        terms=("Feature map", "Receptive field"),
        after_terms=("Bias", "ReLU"),
        notes="Let everybody add up one sum by hand. It agrees up to rounding in the second decimal.",
    ),
    Step(
        title="Across the whole image",
        text="Point at the feature map, move slowly along a line of the digit, then to an empty corner. Watch the "
        "pixels and the weights beside them: which of them change?",
        page="evaluate",
        query=VIEW,
        run_of=CNN,
        is_alike=True,
        keys=("by-hand",),
        question=Question(
            "How many numbers does this filter have to learn for the whole image of 784 pixels?",
            ("10: nine weights and a bias", "784, one for each pixel", "7,056, nine for each pixel"),
            0,
        ),
        do="Click a dot in an empty corner of the feature map.",
        check=lambda situation: _is_at_activations(situation) and _is_in_a_corner(situation.unit),
        after="Only the pixels change. One filter slides over the whole image: that is all “convolution” means. So "
        "it learns ten numbers, its parameters, wherever its pattern appears; a unit of the dense network learned "
        "785: one for each pixel and a bias. That is why a CNN needs fewer examples, and why it recognises a line "
        "anywhere.",
        after_terms=("Parameter",),
    ),
    Step(
        title="Another filter",
        text="Each filter has its own feature map. Together they say: an edge here, a corner there.",
        page="evaluate",
        query=VIEW,
        run_of=CNN,
        is_alike=True,
        keys=("by-hand",),
        question=Question(
            "You choose another filter, with different weights. Where will its map be bright?",
            ("In the same places", "Where its own pattern is, such as other edges", "Everywhere"),
            1,
        ),
        do="Choose another filter below “A convolution by hand”.",
        check=_has_another_filter,
        after="Each map is bright where the pattern of its filter appears. The next layer does the same with all 16 "
        "maps as its input, so it sees larger patterns; after a few layers, a unit sees the whole digit.",
    ),
    Step(
        title="Your own drawing",
        text="So far, the filters looked at a test image. They can be applied to any image, for example to a drawing "
        "of yours.",
        page="evaluate",
        query=VIEW,
        run_of=CNN,
        is_alike=True,
        keys=("activations-source", "activations-canvas"),
        after_keys=("by-hand",),
        do="Choose “Drawing” as the image and draw a digit.",
        check=lambda situation: (
            _is_at_activations(situation)
            and situation.state.get("activations-source") == "Drawing"
            and bool(situation.state.get(DRAWN))
        ),
        after="The marked part shows the feature map of your drawing: the same nine weights, at every place of your "
        "digit. Try other filters.",
        notes="Draw only a vertical line, then only a horizontal one: which maps answer?",
    ),
    Step(
        title="What you have seen",
        text="A convolution multiplies a few pixels by a few weights, adds them up, and repeats that everywhere. A "
        "CNN stacks such layers. That is all there is inside, only many more of these sums.\n\nHow do the weights get "
        "their values? That is the next lesson: training.",
        page="evaluate",
        query=VIEW,
        run_of=CNN,
        is_alike=True,
    ),
)
