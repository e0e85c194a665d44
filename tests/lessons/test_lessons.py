"""Every lesson is complete: its texts name only what exists, its checks read the real state."""

import html
import json
import re
from string import Formatter
from xml.etree import ElementTree

import pytest

from imgcls import lessons, models
from imgcls.config import Config
from imgcls.datasets.recipes import presets
from imgcls.errors import UserError
from imgcls.evaluation import predictions
from imgcls.inference.explain import grad_cam
from imgcls.lessons import Situation, glossary, pictures, teacher_sheet, teaching_times
from imgcls.lessons.pictures import scenes
from imgcls.runs import Run
from imgcls.system import paths
from imgcls.ui.app.paths import PAGES
from imgcls.ui.train import model_summary

ROOT = paths.repository_folder()
STEPS = [(name, step) for name in lessons.names() for step in lessons.find(name).STEPS]
IDS = [f"{name}: {step.title}" for name, step in STEPS]


@pytest.mark.parametrize("name", lessons.names())
def test_a_lesson_is_complete(name):
    lesson = lessons.find(name)
    assert lesson.TITLE and lesson.GOAL.endswith(".") and 5 <= lesson.MINUTES <= 15
    assert re.match(r"You [a-z]", lesson.ABOUT) and lesson.ABOUT.endswith("."), "what they do, not an order"
    assert glossary.picture(lesson.PICTURE)
    assert len(lesson.STEPS) >= 4 and len(lesson.DISCUSS) >= 2
    assert sum(step.question is not None for step in lesson.STEPS) >= 2
    assert sum(step.has_task for step in lesson.STEPS) >= 2


def mentions(text: str, term: str) -> bool:
    """Whether all words of a term occur in a text, whatever their endings."""
    said = re.findall(r"[a-z0-9]+", text.casefold())
    return all(
        any(word.startswith(part[: max(4, len(part) - 5)]) for word in said)
        for part in re.findall(r"[a-z0-9]+", term.casefold())
    )


@pytest.mark.parametrize(("name", "step"), STEPS, ids=IDS)
def test_the_chips_of_a_step_are_terms_of_its_text(name, step):
    question = (step.question.text, *step.question.choices) if step.question else ()
    before = " ".join((step.title, step.text, step.do, *question))
    assert [term for term in step.terms if not mentions(before, term)] == []
    assert [term for term in step.after_terms if not mentions(step.after, term)] == []


def test_the_picture_of_the_lesson_about_shuffled_pixels_has_the_same_pixels_twice():
    assert len(set(scenes.SEVEN)) == len(set(scenes.SHUFFLED)) == len(scenes.SEVEN)
    assert set(scenes.SEVEN) != set(scenes.SHUFFLED)
    assert lessons.find("shuffled").PICTURE in scenes.SCENES


@pytest.mark.parametrize(("name", "step"), STEPS, ids=IDS)
def test_a_step_can_be_followed(name, step):
    assert (PAGES / f"{step.page}.py").exists()
    assert bool(step.do) == step.has_task
    assert not step.has_task or step.after, "what happened is said"
    if step.question is not None:
        assert 0 <= step.question.right < len(step.question.choices) >= 2
    assert set(step.all_terms) <= set(glossary.terms())
    if step.settings:
        Config(**step.settings)
        assert step.run_name, "each run of a lesson can be told from the others"
        assert step.page == "train" and set(lessons.form_of(step)) >= {"data", "model", "epochs"}


@pytest.mark.parametrize(("name", "step"), STEPS, ids=IDS)
def test_a_task_is_not_done_before_anything_was_done(name, step):
    assert step.has_task != step.is_done(Situation())


@pytest.mark.parametrize(("name", "step"), STEPS, ids=IDS)
def test_every_name_in_a_text_has_a_value(name, step):
    known = set(lessons.find(name).MEASURED)
    known |= set(step.values(Situation())) if step.values else set()
    for text in (step.text, step.hint, step.after):
        assert {field for _, field, _, _ in Formatter().parse(text) if field is not None} <= known


@pytest.mark.parametrize("name", lessons.names())
def test_every_measured_number_is_used_and_can_be_measured(name):
    lesson = lessons.find(name)
    texts = " ".join(step.text + step.after for step in lesson.STEPS)
    for key, measured in lesson.MEASURED.items():
        assert f"{{{key}}}" in texts
        assert 0 <= measured.low < measured.high <= 1
        assert bool(measured.settings) != (measured.measure is not None)


@pytest.mark.parametrize("name", lessons.names())
def test_a_step_explains_at_most_two_terms_at_once_each_only_once_in_a_lesson(name):
    steps = lessons.find(name).STEPS
    assert all(len(step.terms) <= 2 and len(step.after_terms) <= 2 for step in steps)
    terms = [term for step in steps for term in step.all_terms]
    assert len(terms) == len(set(terms))


@pytest.mark.parametrize(("name", "step"), STEPS, ids=IDS)
def test_the_heading_of_a_step_does_not_answer_its_question(name, step):
    """No number, and no word of the right answer alone: all headings are listed on the page of the lesson."""
    if step.question is None:
        return
    choices = [words_of(choice) for choice in step.question.choices]
    right = choices.pop(step.question.right) - set().union(*choices) - words_of(step.question.text)
    assert not words_of(step.title) & right


def words_of(text: str) -> set[str]:
    """Numbers, and words of four letters or more."""
    numbers = {"nine": "9", "ten": "10"}
    return {numbers.get(word, word) for word in re.findall(r"[a-z]{4,}|ten|\d+", text.casefold())}


def test_the_course_has_all_of_its_numbers_once():
    assert [lessons.number(name) for name in lessons.names()] == list(range(1, 15))


def test_an_unknown_lesson_is_refused_whatever_its_name():
    for name in ("nothing", "../catalog/draw", "draw.STEPS", "", "__init__"):
        with pytest.raises(UserError, match="no lesson"):
            lessons.find(name)


@pytest.mark.parametrize("name", lessons.names())
def test_the_teachers_sheet_has_all_questions_with_their_answers_and_needs_no_network(name):
    sheet = teacher_sheet.render(name)
    lesson = lessons.find(name)
    assert sheet.count("✓</li>") == sum(step.question is not None for step in lesson.STEPS)
    assert sheet.count('<img src="data:') == len(lesson.STEPS), "a picture for each step"
    assert not re.search(r"https?://|<script|\{[a-z_]+\}", sheet)


@pytest.mark.parametrize("name", lessons.names())
def test_the_teachers_sheet_shows_no_markup_and_says_what_its_blanks_are(name):
    sheet = teacher_sheet.render(name)
    assert not re.search(r"[*`]|&lt;|of …|… of", sheet.partition("</style>")[2])
    assert f"{teacher_sheet.BLANK} stands for" in sheet
    assert not re.search(r"<p>(Question|Task|Result):", sheet), "they are bold"
    terms = {term for step in lessons.find(name).STEPS for term in step.all_terms}
    assert sheet.count("<dd>") == len(terms)
    assert not any(html.escape(glossary.terms()[one][1]) in sheet for one in terms), "the plain words are enough"


@pytest.mark.parametrize("name", lessons.names())
def test_the_minutes_of_the_steps_are_those_of_the_lesson(name):
    lesson = lessons.find(name)
    minutes = teaching_times.minutes(lesson)
    assert len(minutes) == len(lesson.STEPS) and sum(minutes) == lesson.MINUTES
    assert all(one >= 0.5 and (2 * one).is_integer() for one in minutes)


@pytest.mark.parametrize(("name", "step"), STEPS, ids=IDS)
def test_the_training_time_of_a_step_is_a_measured_one(name, step):
    seconds = teaching_times.training_seconds(step)
    assert (seconds is not None) == bool(step.settings), "each run of a lesson is like a measured preset"
    if seconds is not None:
        measured = json.loads(presets.MEASURED.read_text("utf-8"))["measured"].values()
        assert seconds in {one["processor_seconds"] / one["cores"] for one in measured}


def test_a_class_waits_for_its_last_run_one_after_another():
    assert teaching_times.class_minutes([30.0], 20) == "10–19 min", "at full speed, and at 55% of it"
    assert teaching_times.class_minutes([1.0], 2) == "1 min"


def _numbers(cell: str) -> tuple[int, int]:
    """Of a cell of the table of times: the shortest and the longest time, in seconds."""
    if "–" in cell:
        least, most = cell.removesuffix(" min").split("–")
        return 60 * int(least), 60 * int(most)
    parts = {unit: int(count) for count, unit in re.findall(r"(\d+) (min|s)", cell)}
    whole = 60 * parts.get("min", 0) + parts.get("s", 0)
    return whole, whole


@pytest.mark.parametrize("name", sorted({name for name, step in STEPS if step.settings}))
def test_the_columns_of_times_on_the_sheet_add_up(name):
    rows = re.findall(r"<tr><td>.*?</tr>", teacher_sheet.render(name), re.DOTALL)
    cells = [re.findall(r'<td class="number">(.*?)</td>', row)[1:] for row in rows]
    for *column, total in zip(*cells, strict=True):
        known = [_numbers(cell) for cell in column if cell != "–"]
        assert _numbers(total) == tuple(map(sum, zip(*known, strict=True))), (column, total)


def test_the_teachers_sheet_says_what_a_class_takes_and_that_it_is_an_estimate():
    sheet = teacher_sheet.render("shuffled")
    assert "Time (estimate)" in sheet and "about 3 min</small>" in sheet
    assert sheet.count('<td class="number">–</td>') == 8, "two steps without a run have dashes, also for classes"
    assert "half a minute" not in sheet, "the table says how long a run takes"
    assert "20 pupils" in sheet and "one run at a time" in sheet and "try one run before" in sheet
    assert "20 pupils" not in teacher_sheet.render("draw"), "nothing is trained there"


@pytest.mark.parametrize("model", models.names())
def test_every_term_of_the_form_for_training_is_in_the_glossary(model):
    assert set(model_summary.terms_of(model)) <= set(glossary.terms())


def test_the_glossary_page_is_written_from_the_data():
    assert (ROOT / "docs" / "glossary.md").read_text("utf-8") == glossary.as_markdown(), (
        "run `python -m imgcls.lessons.glossary docs/glossary.md`"
    )


def test_each_term_has_a_plain_sentence_and_an_exact_one():
    for term, texts in glossary.terms().items():
        assert all(text.endswith(".") and not re.search(r"[.!?] [A-Z]", text) for text in texts), term


def test_the_plain_sentences_need_no_other_term_that_is_hard():
    hard = "activation|backbone|batch|gradient|kernel|linear|logit|loss|normalis|optimis|probabilit|unit|vector"
    for term, (plain, _) in glossary.terms().items():
        assert not re.search(rf"\b({hard})", plain.casefold()), term


def test_every_term_has_a_picture():
    """An image with a description, that needs nothing else."""
    assert set(pictures.PICTURES) == set(glossary.terms())
    assert len(set(map(pictures.svg, pictures.PICTURES))) == len(pictures.PICTURES)
    for term in pictures.PICTURES:
        assert ElementTree.fromstring(pictures.svg(term)).tag.endswith("svg")
        assert pictures.alt(term).endswith(".")
        assert not re.search(r"href|url\(|<style|script", pictures.svg(term))
        assert f'alt="{html.escape(pictures.alt(term))}"' in glossary.picture(term)


def test_every_term_in_bold_is_explained_where_it_is_met():
    """By a chip in its step, or in an earlier one."""
    met: set[str] = set()
    for name in lessons.names()[:5]:
        for step in lessons.find(name).STEPS:
            met |= {word for term in step.all_terms for word in term.casefold().split()}
            for bold in re.findall(r"\*\*([a-z][^*{}]+)\*\*", step.text + step.after):
                words = {word.rstrip("s") for word in bold.split()}
                is_met = any(word.startswith(one) or one.startswith(word) for one in words for word in met)
                assert is_met or bold in SPOKEN, (step.title, bold)


SPOKEN = {" of the images that it learned from, but only "}
"""Not bold: what stands between two numbers that are."""


def test_the_colours_of_the_pictures_are_visible_on_white_and_on_black():
    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    for colour in (pictures.INK, pictures.HOT, pictures.COOL):
        assert min(1.05 / (luminance(colour) + 0.05), (luminance(colour) + 0.05) / 0.05) >= 3


def test_the_glossary_of_the_site_has_the_pictures():
    page = glossary.as_markdown(is_illustrated=True)
    assert page.count("<img ") == len(pictures.PICTURES) and "<img" not in glossary.as_markdown()


@pytest.mark.parametrize("name", ["honest", "explanations", "deployment", "noise", "clothing", "photos"])
def test_numbers_about_the_included_models_lie_in_their_range(name):
    for measured in filter(lambda one: one.measure, lessons.find(name).MEASURED.values()):
        assert measured.low <= measured.measure() <= measured.high, measured.what


def test_no_automobile_is_taken_for_a_horse_as_the_lesson_about_photos_says():
    tested = lessons.find("clothing").tested("cifar10")
    automobile, horse = tested.names.index("automobile"), tested.names.index("horse")
    assert not (tested.predicted[tested.labels == automobile] == horse).any()
    assert [tested.names[one] for one in (lessons.find("photos").CAT, lessons.find("photos").DOG)] == ["cat", "dog"]


def test_the_image_of_the_explanations_is_the_error_that_the_text_describes():
    lesson = lessons.find("explanations")
    tested = predictions.read(Run(ROOT / "saved_models" / "cifar10"))
    assert (tested.predicted[lesson.IMAGE], tested.labels[lesson.IMAGE]) == (lesson.DOG, lesson.DEER)
    assert (tested.names[lesson.DOG], tested.names[lesson.DEER]) == ("dog", "deer")
    assert tested.confidence[lesson.IMAGE] > 0.8 and tested.row_of[lesson.IMAGE] >= 0
    maps = grad_cam.heat_maps(Run(ROOT / "saved_models" / "cifar10"), tested.images[tested.row_of[lesson.IMAGE]])
    assert maps[lesson.DOG].mean() > 0 > maps[lesson.DEER].mean(), "orange for the one is blue for the other"
