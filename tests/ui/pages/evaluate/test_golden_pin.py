"""An image is pinned on Evaluate, and the page of a run says what it fixed and broke."""

from imgcls import datasets
from imgcls.evaluation import golden, predictions
from imgcls.ui.app import links
from imgcls.ui.evaluate.parts.images import gallery
from imgcls.ui.widgets import golden_pin
from tests.support.pages import is_intact, opened, prepared, text_of
from tests.support.runs.golden_runs import worse


def pins(app) -> list[str]:
    """The buttons that pin mistakes."""
    return [one.label for one in app.button if one.label.startswith("Pin ") and "golden set" in one.label]


def test_a_mistake_is_pinned_and_reported(finished_run, monkeypatch):
    app = opened("evaluate", run=finished_run.id, view="Single image", image="3")
    next(button for button in app.button if button.label == "Pin to the golden set").click().run()
    assert is_intact(app)
    (image,) = golden.images(finished_run.card.data)
    assert image.source == f"test image 3 of {finished_run.label}"
    assert "In the golden set" in text_of(app), "seen at once, and not as a button that does nothing"
    assert not [one for one in app.button if one.label == "Pin to the golden set"]
    next(one for one in app.button if one.label == "Undo").click().run()
    assert is_intact(app) and golden.images(finished_run.card.data) == []
    next(button for button in app.button if button.label == "Pin to the golden set").click().run()
    again = opened("evaluate", run=finished_run.id, view="Single image", image="3")
    assert "In the golden set" in text_of(again), "in another visit, too"
    next(one for one in again.button if one.label == "Remove from the golden set").click().run()
    assert is_intact(again) and golden.images(finished_run.card.data) == []
    next(one for one in again.button if one.label == "Pin to the golden set").click().run()
    (image,) = golden.images(finished_run.card.data)
    gone = []
    monkeypatch.setattr(links, "go", lambda page, **query: gone.append((page, query)))
    next(one for one in again.button if one.label == "Open the golden set").click().run()
    assert again.session_state["golden-set"], "Data shows it open"
    assert gone == [("data.py", {"data": datasets.facts(finished_run.card.data).title})]
    page = prepared("data", data=finished_run.card.data)
    for key in ("golden-set", "reveal-golden-set"):
        page.session_state[key] = again.session_state[key]
    page.run()
    assert is_intact(page) and "Golden set (1)" in [one.label for one in page.expander]
    assert any("st-key-golden-set" in str(one.proto) for one in page.get("bidi_component")), "scrolled to"
    golden.pin(finished_run.card.data, image.pixels, image.label, "<b>hostile</b>")
    second = worse(finished_run, "second", 3e9)
    app = opened("train", run=second.id)
    assert is_intact(app)
    (box,) = [one for one in app.expander if one.label.startswith("Golden set")]
    assert "broken since" in box.label
    app.multiselect(key="golden-removed").select(image.digest).run()
    next(button for button in app.button if button.label == "Remove").click().run()
    assert is_intact(app) and golden.images(finished_run.card.data) == []
    assert "Golden set" not in text_of(app)


def test_the_mistakes_of_a_page_are_pinned_at_once(finished_run):
    app = opened("evaluate", run=finished_run.id)
    label = pins(app)[0]
    next(one for one in app.button if one.label == label).click().run()
    assert is_intact(app)
    tested = predictions.read(finished_run)
    found = golden.images(finished_run.card.data)
    assert len(found) == int(label.split()[2]) > 1
    assert f"{len(found)} mistakes are in the golden set" in text_of(app)
    for image in found:
        index = int(image.source.split()[2])
        assert not tested.is_right[index] and image.label == tested.names[tested.labels[index]]
        assert (image.pixels == tested.images[tested.row_of[index]]).all()


def test_undo_keeps_what_was_in_the_set_before(finished_run):
    data = finished_run.card.data
    app = opened("evaluate", run=finished_run.id)
    pin = next(one for one in app.button if one.label.startswith("Pin "))
    pin.click().run()
    earlier = golden.images(data)[0]
    golden.remove(data, [one.digest for one in golden.images(data)[1:]])
    app = opened("evaluate", run=finished_run.id)
    next(one for one in app.button if one.label.startswith("Pin ")).click().run()
    assert len(golden.images(data)) > 1
    next(one for one in app.button if one.label == "Undo").click().run()
    assert is_intact(app) and [one.digest for one in golden.images(data)] == [earlier.digest]


def test_images_that_were_removed_can_be_pinned_again(finished_run):
    data = finished_run.card.data
    app = opened("evaluate", run=finished_run.id)
    labels = pins(app)
    next(one for one in app.button if one.label == labels[0]).click().run()
    golden.remove(data, [golden.images(data)[0].digest])
    app.run()
    assert pins(app) == labels


def test_the_mistakes_of_a_selection_are_pinned_at_once_from_any_of_its_pages(finished_run, monkeypatch):
    monkeypatch.setattr(gallery, "PER_PAGE", 2)
    tested = predictions.read(finished_run)
    every = int((~tested.is_right[tested.row_of >= 0]).sum())
    assert every > 2
    app = opened("evaluate", run=finished_run.id)
    assert pins(app) == ["Pin these 2 mistakes to the golden set", f"Pin all {every} mistakes to the golden set"]
    assert text_of(app).count(golden_pin.PLAIN) == 1
    next(one for one in app.button if one.label == pins(app)[1]).click().run()
    assert is_intact(app) and len(golden.images(finished_run.card.data)) == every
    assert f"{every} mistakes are in the golden set" in text_of(app) and pins(app) == []


def test_without_mistakes_nothing_is_said_of_the_golden_set(finished_run):
    app = opened("evaluate", run=finished_run.id, predictions="right")
    assert is_intact(app) and pins(app) == [] and golden_pin.PLAIN not in text_of(app)


def test_images_are_pinned_with_the_classes_of_the_run_while_classes_are_merged(finished_run):
    app = opened("evaluate", run=finished_run.id, merge="3.9")
    next(one for one in app.button if one.label == pins(app)[0]).click().run()
    assert is_intact(app)
    tested = predictions.read(finished_run)
    found = golden.images(finished_run.card.data)
    assert found
    for image in found:
        index = int(image.source.split()[2])
        assert image.label == tested.names[tested.labels[index]]
        assert {image.label, tested.names[tested.predicted[index]]} != {"3", "9"}, "no mistake while they are merged"
