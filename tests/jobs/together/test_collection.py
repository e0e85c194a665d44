"""The drawings of a class become a dataset whose splits never cut a writer, and a model with honest errors."""

import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from imgcls import datasets, jobs
from imgcls.config import Config
from imgcls.datasets import custom
from imgcls.errors import UserError
from imgcls.jobs import personal_data
from imgcls.jobs.together import activities, dataset, pool, sending, writers
from imgcls.jobs.together import collection as together
from imgcls.jobs.together.pool import State
from imgcls.runs.metrics_log import Curves
from imgcls.sharing import NotAllowed, Role, Visitor, acting_as, ownership, people
from imgcls.sharing.classroom import rooms
from imgcls.system import paths
from imgcls.training.trainer import Trainer
from tests.sharing.classroom.conftest import ADA, TEACHER
from tests.support.drawing_together import scrawl

PEOPLE = "Test 3 of 3, with people from whom it has not learned. Estimate:"
EXAMPLES = "Test 2 of 3, with examples from which it has not learned. Estimate:"
EXAMPLES_END = "Test 3 of 3, with examples from which it has not learned."
WRITERS = 6
EACH = 4


def writer(number: int) -> Visitor:
    return Visitor(f"{number:022d}")


def drawings_of(room):
    return sending.pool_of(room, activities.find(room)).everything()


def teacher() -> Visitor:
    return people.visitor(TEACHER.id)


def fill(room, activity, people_count=WRITERS, each=EACH, slanted=None):
    """Each writer joins and draws `each` ones and sevens."""
    random = np.random.default_rng(0)
    for number in range(people_count):
        with acting_as(people.visitor(writer(number).id)):
            rooms.join(room.code, f"Pupil {number}")
        with acting_as(people.visitor(writer(number).id)):
            for label in (0, 1) * each:
                strokes = scrawl(label, random, slant=0.9 if number == slanted else 0.0)
                sending.send(room, activity.id, {"strokes": strokes}, label)


def make(room, activity):
    with acting_as(teacher()):
        return dataset.make(sending.pool_of(room, activity), activity.classes, "Drawn")


def test_the_groups_of_the_dataset_are_the_writers_and_no_split_cuts_one(room, collection):
    fill(room, collection)
    made = make(room, collection)
    who = sending.pool_of(room, collection).writers_of()
    test, train = ({who[number] for number in numbers} for numbers in (made.test, made.train))
    assert test and train and not test & train
    with acting_as(teacher()):
        opened = datasets.open_dataset(made.name)
        assert custom.custom_dataset(made.name).has_groups
        labels = sending.pool_of(room, collection).labels()
        assert np.asarray(opened.y_train).tolist() == [labels[number] for number in made.train]
        assert opened.records.name("train", 0) == f"drawing-{made.train[0]}"
        groups = {opened.records.group("train", row) for row in range(len(made.train))}
    assert len(groups) == len(train) and not any("Pupil" in name for name in opened.records.group_names)
    assert ownership.of(custom.folder_of(made.name)).owner == TEACHER.id


def test_with_few_writers_the_dataset_says_that_its_scores_are_optimistic(room, collection):
    fill(room, collection, people_count=2)
    made = make(room, collection)
    assert not made.has_groups
    with acting_as(teacher()):
        assert dataset.ONE_WRITER in custom.custom_dataset(made.name).notes


def test_a_class_with_too_few_drawings_is_named_before_anything_is_trained(room, collection):
    fill(room, collection, people_count=1, each=1)
    with acting_as(teacher()), pytest.raises(UserError, match="at least 3 drawings"):
        together.train(room)


def test_only_the_teacher_trains_and_removes(room, collection, join):
    fill(room, collection)
    number = sending.pool_of(room, collection).newest((State.SHOWN,), 1)[0].id
    for who in (people.visitor(writer(0).id), Visitor("E" * 22), Visitor("")):
        with acting_as(who):
            for act in (
                lambda: together.train(room),
                lambda: sending.moderate(room, number, State.REMOVED),
                lambda: activities.finish(room),
                lambda: activities.start_collection(room, ["a", "b"]),
            ):
                with pytest.raises(NotAllowed):
                    act()


def test_another_teacher_has_no_rights_in_this_class(room, collection):
    people.change("U" * 22, name="Mr Gauss", role=Role.TEACHER)
    with acting_as(people.visitor("U" * 22)):
        rooms.open_new()
    with acting_as(people.visitor("U" * 22)), pytest.raises(NotAllowed):
        activities.finish(room)


def test_a_removed_drawing_is_not_trained_on_and_can_be_taken_back(room, collection):
    fill(room, collection)
    drawings = sending.pool_of(room, collection)
    bad = drawings.newest((State.SHOWN,), 1)[0].id
    with acting_as(teacher()):
        sending.moderate(room, bad, State.REMOVED)
        without = make(room, collection)
        sending.moderate(room, bad, State.SHOWN)
        again = make(room, collection)
    assert bad not in (*without.train, *without.test)
    assert bad in (*again.train, *again.test) and again.name == without.name


def test_a_withdrawn_drawing_leaves_the_dataset(room, collection):
    fill(room, collection)
    made = make(room, collection)
    before = custom.folder_of(made.name)
    own = sending.pool_of(room, collection).of_writer(writer(0).id, 1)[0]
    with acting_as(people.visitor(writer(0).id)):
        sending.withdraw(room, own.id)
    with acting_as(teacher()):
        found = custom.custom_dataset(made.name)
        assert sum(found.counts) == WRITERS * EACH * 2 - 1
        names = [datasets.open_dataset(made.name).records.names[part] for part in ("train", "test")]
    assert f"drawing-{own.id}" not in [name for part in names for name in part]
    assert before.is_dir() and found.state == 2


def test_a_withdrawn_drawing_is_nowhere_on_the_disk_not_even_in_the_runs(room, collection):
    """A run keeps test images for its pages, and so does a deleted one."""
    fill(room, collection)
    made = make(room, collection)
    pixels = sending.pool_of(room, collection).pixels()
    own, other = (sending.pool_of(room, collection).of_writer(writer(number).id, 1)[0].id for number in (0, 1))
    with acting_as(teacher()):
        run = jobs.begin(Config(data=made.name, epochs=1), "Kept")
        deleted = jobs.begin(Config(data=made.name, epochs=1), "Deleted")
    for kept in (run, deleted):
        np.savez_compressed(kept.folder / "gallery.npz", images=np.stack([pixels[other], pixels[own]]), rows=[4, 7])
    jobs.delete(deleted)
    with acting_as(people.visitor(writer(0).id)):
        sending.withdraw_all()
    galleries = list(paths.runs_folder().rglob("gallery.npz"))
    assert len(galleries) == 2
    for path in galleries:
        with np.load(path) as stored:
            assert np.array_equal(stored["images"][0], pixels[other]) and not stored["images"][1].any()
            assert stored["rows"].tolist() == [4, 7]
    found = [path for path in paths.own_folder().rglob("*") if path.is_file()]
    assert not [path.name for path in found if pixels[own].tobytes() in path.read_bytes()]
    assert [path.name for path in found if pixels[other].tobytes() in path.read_bytes()]


def test_a_trainer_does_not_keep_what_is_withdrawn_while_it_works(room, collection, monkeypatch):
    fill(room, collection)
    made = make(room, collection)
    pixels = sending.pool_of(room, collection).pixels()
    own, other = (sending.pool_of(room, collection).of_writer(writer(number).id, 1)[0].id for number in (0, 1))
    with acting_as(teacher()):
        run = jobs.begin(Config(data=made.name, epochs=1))
    with acting_as(people.visitor(writer(0).id)):
        sending.withdraw_all()

    def train(trainer):
        np.savez_compressed(run.folder / "gallery.npz", images=np.stack([pixels[other], pixels[own]]))
        return {"outcome": "finished"}

    monkeypatch.setattr(Trainer, "_train_alone", train)
    Trainer(run).train()
    with np.load(run.folder / "gallery.npz") as stored:
        assert np.array_equal(stored["images"][0], pixels[other]) and not stored["images"][1].any()


def test_whoever_deletes_everything_about_themselves_deletes_their_drawings(room, collection):
    fill(room, collection)
    made = make(room, collection)
    gone = people.visitor(writer(2).id)
    personal_data.delete_everything(gone)
    who = sending.pool_of(room, collection).writers_of()
    assert gone.id not in who.values() and len(set(who.values())) == WRITERS - 1
    with acting_as(teacher()):
        assert sum(custom.custom_dataset(made.name).counts) == (WRITERS - 1) * EACH * 2


def test_a_dataset_of_which_too_little_is_left_is_deleted(room, collection):
    fill(room, collection, people_count=1, each=3)
    made = make(room, collection)
    dataset.forget(writer(0).id)
    assert not custom.folder_of(made.name).exists()


def test_the_teacher_deletes_all_drawings_and_keeps_the_dataset(room, collection):
    fill(room, collection)
    made = make(room, collection)
    with acting_as(people.visitor(writer(0).id)), pytest.raises(NotAllowed):
        sending.delete_all(room)
    with acting_as(teacher()):
        sending.delete_all(room)
        assert pool.total(activities.folder(room)) == 0 and custom.custom_dataset(made.name).counts
    dataset.forget(writer(0).id)
    assert custom.folder_of(made.name).exists()


def test_identical_drawings_count_once(room, collection):
    fill(room, collection)
    with acting_as(people.visitor(writer(1).id)):
        for _ in range(3):
            sending.send(room, collection.id, {"strokes": [[100, 40, 18, 150, 230, 18]]}, 0)
    made = make(room, collection)
    assert len(made.train) + len(made.test) == WRITERS * EACH * 2 + 1


def test_the_writing_furthest_from_the_rest_comes_first(room, collection):
    fill(room, collection, slanted=4)
    found = writers.scores(sending.pool_of(room, collection))
    assert found[0].writer == writer(4).id and found[0].distance > 1.2 * found[1].distance
    assert np.mean([score.distance for score in found]) == pytest.approx(1, abs=1e-6)


def test_with_two_writers_nobody_is_far_from_the_rest(room, collection):
    fill(room, collection, people_count=2)
    assert [score.distance for score in writers.scores(sending.pool_of(room, collection))] == [None, None]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a", " b ", "A", ""], ("a", "b")),
        (["☺", "☹"], ("☺", "☹")),
        (["<b>", "\u202eevil"], ("<b>", "\\u202eevil")),
    ],
)
def test_class_names_are_made_visible_and_each_counts_once(names, expected):
    assert activities.checked_classes(names) == expected


@pytest.mark.parametrize("names", [[], ["a"], ["a", "A"], ["a", "b" * 21], [str(number) for number in range(37)]])
def test_other_class_names_are_refused(names):
    with pytest.raises(UserError):
        activities.checked_classes(names)


def test_a_damaged_activity_is_none(room, collection):
    (activities.folder(room) / activities.NAME).write_text('{"version": 1, "kind": "disco"}', "utf-8")
    assert activities.find(room) is None


def test_a_damaged_database_is_a_message(room, collection):
    (activities.folder(room) / pool.NAME).write_bytes(b"no database" * 100)
    with acting_as(people.visitor(ADA.id)), pytest.raises(UserError, match="cannot be read or written"):
        sending.pool_of(room, collection).pairs()


def test_many_phones_that_ask_at_once_make_one_database(room, collection):
    drawings = sending.pool_of(room, collection)
    with ThreadPoolExecutor(16) as phones:
        found = list(phones.map(lambda _: drawings.counts_of(ADA.id), range(64)))
    assert found == [[]] * 64


def curves(*lines):
    found = Curves(paths.runs_folder() / "metrics.jsonl")
    for line in lines:
        found._take(json.dumps(line).encode())
    return found


PLAN = {"kind": "plan", "train": 9, "validation": 3, "test": 3, "steps": 1, "epochs": 40, "parameters": 9}
EPOCHS = [{"kind": "epoch", "epoch": number, "seconds": seconds} for number, seconds in ((1, 30.0), (2, 4.0))]


@pytest.mark.parametrize(
    ("lines", "quiet", "has_groups", "said"),
    [
        ([], 0, True, "Starting, which can take a minute."),
        ([PLAN], 0, True, "Learning: round 1 of 40."),
        ([PLAN, *EPOCHS], 0, True, "Learning: round 3 of 40. Estimate: 11 min left."),  # 158 epochs of 4 s
        ([PLAN, *EPOCHS, {"kind": "fold", "number": 3, "total": 3}], 120, True, f"{PEOPLE} less than a minute left."),
        ([PLAN, *EPOCHS, {"kind": "fold", "number": 2, "total": 3}], 0, False, f"{EXAMPLES} 6 min left."),
        ([PLAN, *EPOCHS, {"kind": "fold", "number": 3, "total": 3}], 999, False, EXAMPLES_END),
        ([PLAN, *EPOCHS, {"kind": "phase", "phase": "saving"}], 0, True, "Saving the model."),
    ],
)
def test_a_class_reads_in_plain_words_what_its_training_does(lines, quiet, has_groups, said):
    parts = together.steps(curves(*lines), 3, quiet, has_groups=has_groups)
    assert together.Progress("", "running", parts).text == said


def test_the_training_is_refused_only_while_a_class_lacks_drawings(room, collection):
    missing = "At least 3 drawings of each: 1, 7"
    assert together.too_few(room, collection) == missing
    for _ in range(2):  # the same drawings again
        fill(room, collection, people_count=1, each=2)
    assert together.too_few(room, collection) == f"{missing}. Identical drawings count once: 1 has 2, 7 has 2"
    with acting_as(teacher()), pytest.raises(UserError, match="at least 3 drawings"):
        together.train(room)
    fill(room, collection, people_count=1, each=3)
    assert together.too_few(room, collection) == ""


def test_the_class_trains_and_every_drawing_is_read_by_a_model_that_has_not_seen_its_writer(
    room, collection, cold_trainer, monkeypatch
):
    monkeypatch.setattr(together.jobs, "wake", lambda: None)
    monkeypatch.setattr(together, "EPOCHS", (1, 2))
    monkeypatch.setattr(together, "FOLDS", 2)
    fill(room, collection)
    with acting_as(teacher()):
        run = together.train(room)
        with pytest.raises(UserError, match="is being trained"):
            together.train(room)
    assert (run.config.folds, run.config.data) == (2, activities.find(room).data)
    assert ownership.of(run.folder).owner == TEACHER.id and not together.note_results(room)
    fill(room, collection, people_count=1, each=1)  # too late for the training
    assert activities.find(room).has_groups and together.trained(activities.find(room)) is None
    assert cold_trainer(run).wait() == 0
    assert together.note_results(room) and not together.note_results(room)
    found = sending.pool_of(room, collection).scores()
    assert sorted(count for count, _ in found.values()) == [EACH * 2] * (WRITERS - 1) + [EACH * 2 + 2]
    late = [drawing for drawing in drawings_of(room) if activities.find(room).is_late(drawing.id)]
    assert len(late) == 2 and all(drawing.predicted is not None for drawing in late)
    with acting_as(people.visitor(writer(0).id)):
        assert together.trained(activities.find(room)).id == run.id
    with acting_as(Visitor("E" * 22)):
        assert together.trained(activities.find(room)) is None, "a guest does not see it"
    assert together.progress(activities.find(room)).state == "finished"
    assert activities.model_of(activities.find(room)).id == run.id


def test_the_bar_of_a_training_goes_on_while_it_is_tested():
    def share(*parts, folds=3):
        return together.Progress("run", "running", parts, folds=folds).share

    assert share((together.LEARNING, {"done": 11, "total": 40}), (together.SOON, {}), folds=0) == 0.25
    assert share((together.LEARNING, {"done": 21, "total": 40})) == 0.125
    assert [share((together.NEW_PEOPLE, {"done": at, "total": 3})) for at in (1, 2, 3)] == [0.25, 0.5, 0.75]
    assert share((together.STARTING, {})) is None and share() is None
