"""Every action, tried with the function that does it: what the table of rights refuses is refused there, to everybody.

`test_permissions` has the table; here is that nothing is done without asking it, whatever a page or a request shows.
"""

import io
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from imgcls import datasets, jobs, runs, sharing, studies
from imgcls.config import Config
from imgcls.datasets.analysis import cache as analyses
from imgcls.datasets.importing import ImportRequest, drawings
from imgcls.datasets.importing.execution import job
from imgcls.errors import UserError
from imgcls.evaluation import golden
from imgcls.evaluation.label_errors import reviews, training_set
from imgcls.evaluation.model_import import task as model_import
from imgcls.evaluation.robustness import evaluate as robustness
from imgcls.export import exporting
from imgcls.inference import visual_search
from imgcls.inference.explain import task as explaining
from imgcls.jobs.classroom import export, work
from imgcls.jobs.classroom.assignments import assignment as assignments
from imgcls.jobs.preflight import checks
from imgcls.jobs.together import activities, names, sending
from imgcls.models import weights
from imgcls.models.backbones import NETWORKS
from imgcls.runs import Run, metrics_log, trash
from imgcls.runs.annotations import notes, tags
from imgcls.runs.index import views
from imgcls.runs.predictions import probes
from imgcls.sharing import Action, Mode, NotAllowed, Role, Thing, Visibility, Visitor, acting_as, guarding, ownership
from imgcls.sharing import people as known
from imgcls.sharing.classroom import earlier, rooms
from imgcls.sharing.classroom.rooms import Room
from imgcls.sharing.permissions import allowed
from imgcls.studies import more_trials, plan
from imgcls.studies import trash as studies_trash
from imgcls.studies.notifications import settings as notifications
from imgcls.studies.study import Study
from imgcls.system.tasks import Task
from tests.sharing.classroom.conftest import ADA, BEN, EVE, TEACHER
from tests.sharing.classroom.conftest import classroom as classroom
from tests.sharing.classroom.conftest import join as join
from tests.sharing.classroom.conftest import room as room
from tests.support.drawing_together import SEVEN

OTHER_TEACHER, SERVER_OWNER = Visitor("U" * 22, Role.TEACHER, "Mr Gauss"), Visitor("O" * 22, Role.OWNER, "Owner")
MODERATOR, OTHER_MODERATOR = Visitor("M" * 22), Visitor("N" * 22)
PEOPLE = {
    "a guest": EVE,
    "a member of the class": BEN,
    "its owner": ADA,
    "a moderator of the class": MODERATOR,
    "a moderator of another class": OTHER_MODERATOR,
    "the teacher": TEACHER,
    "another teacher": OTHER_TEACHER,
    "the owner of the server": SERVER_OWNER,
    "somebody without a cookie": Visitor(""),
}
PICTURE = np.full(drawings.SHAPE, 9, np.uint8)
SEARCH = {"vary": {"batch_size": [16, 32]}, "trials": 1}


@dataclass
class Scene:
    """A class, and what Ada, a member, has made in it and shares with it."""

    room: Room
    data: str
    own_data: str
    run: Run
    ended: Run
    study: Study
    drawing: int
    wall: activities.Activity

    @property
    def config(self) -> Config:
        return Config(data=self.data, epochs=1)

    @property
    def data_folder(self) -> Path:
        return datasets.custom.folder_of(self.own_data)

    @property
    def dataset(self):
        return datasets.open_dataset(self.own_data)

    def deleted_run(self):
        """Ada's run, after she has deleted it."""
        if self.run.folder.exists():
            with acting_as(now(ADA)):
                jobs.delete(self.run)
        with acting_as(now(SERVER_OWNER)):
            return trash.deleted()[0]

    def deleted_study(self):
        if self.study.folder.exists():
            with acting_as(now(ADA)):
                studies_trash.delete(self.study)
        with acting_as(now(SERVER_OWNER)):
            return studies_trash.deleted()[0]


def now(visitor: Visitor) -> Visitor:
    return known.visitor(visitor.id)


def of(folder: Callable) -> Callable[[Scene], Thing]:
    return lambda scene: ownership.of(folder(scene))


NONE: Callable[[Scene], Thing | None] = lambda scene: None  # noqa: E731
RUN, ENDED = of(lambda scene: scene.run.folder), of(lambda scene: scene.ended.folder)
DATA = of(lambda scene: scene.data_folder)
STUDY = of(lambda scene: scene.study.folder)
ROOM: Callable[[Scene], Thing] = lambda scene: scene.room.thing  # noqa: E731
WALL: Callable[[Scene], Thing] = lambda scene: activities.thing(scene.room, scene.wall)  # noqa: E731
DRAWING: Callable[[Scene], Thing] = lambda scene: Thing(ADA.id, Visibility.ROOM, scene.room.id)  # noqa: E731

# What each action is about, and what does it. A list: every way in which the product does it.
EVERY_ACTION: dict[Action, tuple[Callable, list[Callable[[Scene], object]]]] = {
    Action.VIEW_RUN: (RUN, [lambda scene: runs.find(scene.run.id)]),
    Action.VIEW_DATASET: (DATA, [lambda scene: datasets.facts(scene.own_data), lambda scene: scene.dataset]),
    Action.START_RUN: (NONE, [lambda scene: jobs.begin(scene.config)]),
    Action.CHECK_SETTINGS: (NONE, [lambda scene: checks.start("check", scene.config)]),
    Action.IMPORT_DATASET: (NONE, [lambda scene: job.make_folder(job.new_id())]),
    Action.IMPORT_MODEL: (NONE, [lambda scene: model_import.new("model.onnx", io.BytesIO(b"x"))]),
    Action.SAVE_DRAWING: (
        NONE,
        [
            lambda scene: drawings.add(PICTURE, "one"),
            lambda scene: drawings.remove(PICTURE, "one"),
            lambda scene: golden.pin(scene.data, PICTURE, "7", "test"),
            lambda scene: golden.remove(scene.data, ["x"]),
        ],
    ),
    Action.COMPUTE: (
        ENDED,
        [
            lambda scene: robustness.start(scene.ended),
            lambda scene: training_set.start(scene.ended),
            lambda scene: explaining.start(scene.ended),
        ],
    ),
    Action.EXPORT_RUN: (ENDED, [lambda scene: exporting.start(scene.ended, ["litert"])]),
    Action.ANALYSE_DATASET: (
        DATA,
        [
            lambda scene: analyses.start("map", scene.dataset),
            lambda scene: visual_search.start(scene.dataset, "MobileNet 0.25"),
        ],
    ),
    Action.START_STUDY: (NONE, [lambda scene: studies.create(a_plan(scene))]),
    Action.SAVE_VIEW: (NONE, [lambda scene: views.save("Mine", "state=finished")]),
    Action.RESUME_RUN: (
        RUN,
        [lambda scene: jobs.start(scene.run), lambda scene: scene.run.send_request(pause=False)],
    ),
    Action.STOP_RUN: (
        RUN,
        [
            lambda scene: jobs.stop(scene.run),
            lambda scene: jobs.take_out(scene.run),
            lambda scene: scene.run.send_request(stop=True),
        ],
    ),
    Action.PAUSE_RUN: (RUN, [lambda scene: scene.run.send_request(pause=True)]),
    Action.TUNE_RUN: (
        RUN,
        [
            lambda scene: scene.run.request_learning_rate(0.1),
            lambda scene: scene.run.send_request(early_stopping=True),
        ],
    ),
    Action.MOVE_RUN: (RUN, [lambda scene: jobs.move(scene.run, 1)]),
    Action.RENAME_RUN: (
        RUN,
        [
            lambda scene: scene.run.rename("Another"),
            lambda scene: notes.archive(scene.run, archived=True),
        ],
    ),
    Action.PIN_IMAGES: (RUN, [lambda scene: probes.pin(scene.run, PICTURE), lambda scene: probes.remove(scene.run, 1)]),
    Action.TAG_IMAGES: (ENDED, [lambda scene: tags.change(scene.ended, "mine", [1], given=True)]),
    Action.REVIEW_LABELS: (ENDED, [lambda scene: reviews.judge(scene.ended, "test", [1], "right")]),
    Action.DELETE_RUN: (RUN, [lambda scene: jobs.delete(scene.run), lambda scene: scene.run.delete()]),
    Action.RESTORE_RUN: (RUN, [lambda scene: trash.restore(scene.deleted_run())]),
    Action.SHARE_RUN: (
        RUN,
        [lambda scene: guarding.share(Action.SHARE_RUN, scene.run.folder, Visibility.PUBLIC)],
    ),
    Action.ADD_IMAGES: (DATA, [lambda scene: job.start(job.new_id(), into(scene))]),
    Action.DESCRIBE_DATASET: (DATA, [lambda scene: datasets.describe_custom(scene.own_data, "Another", "")]),
    Action.EDIT_LABELS: (
        DATA,
        [
            lambda scene: datasets.exclude(scene.dataset, [0]),
            lambda scene: datasets.relabel(scene.dataset, [0], 1),
            lambda scene: datasets.undo(scene.dataset),
            lambda scene: datasets.undo_all(scene.dataset),
        ],
    ),
    Action.DELETE_DATASET: (DATA, [lambda scene: datasets.delete_custom(scene.own_data)]),
    Action.SHARE_DATASET: (
        DATA,
        [lambda scene: guarding.share(Action.SHARE_DATASET, scene.data_folder, Visibility.PUBLIC)],
    ),
    Action.SEE_LOG: (RUN, [lambda scene: metrics_log.printed(scene.run.folder)]),
    Action.STOP_STUDY: (STUDY, [lambda scene: scene.study.request_stop()]),
    Action.EXTEND_STUDY: (STUDY, [lambda scene: more_trials.add(scene.study, 3)]),
    Action.RENAME_STUDY: (STUDY, [lambda scene: studies.rename(scene.study, "Another")]),
    Action.DELETE_STUDY: (STUDY, [lambda scene: studies_trash.delete(scene.study)]),
    Action.RESTORE_STUDY: (STUDY, [lambda scene: studies_trash.restore(scene.deleted_study())]),
    Action.OPEN_CLASS: (NONE, [lambda scene: rooms.open_new()]),
    Action.CLOSE_CLASS: (ROOM, [lambda scene: rooms.close(scene.room)]),
    Action.REOPEN_CLASS: (ROOM, [lambda scene: earlier.reopen(scene.room)]),
    Action.NAME_CLASS: (ROOM, [lambda scene: earlier.give_name(scene.room, "9b")]),
    Action.PAUSE_CLASS: (
        ROOM,
        [lambda scene: work.pause_all(scene.room), lambda scene: work.resume_all(scene.room)],
    ),
    Action.MESSAGE_CLASS: (ROOM, [lambda scene: rooms.announce(scene.room, "Look up")]),
    Action.SHOW_ON_STAGE: (ROOM, [lambda scene: rooms.put_on_stage(scene.room, ADA.id)]),
    Action.REMOVE_MEMBER: (ROOM, [lambda scene: rooms.remove(scene.room, ADA.id)]),
    Action.CHOOSE_MODERATORS: (
        ROOM,
        [
            lambda scene: rooms.appoint(scene.room, BEN.id),
            lambda scene: rooms.appoint(scene.room, MODERATOR.id, is_moderator=False),
        ],
    ),
    Action.MODERATE: (
        ROOM,
        [
            lambda scene: sending.moderate(scene.room, scene.drawing, sending.State.REMOVED),
            lambda scene: names.moderate(scene.room, ["Ada"], is_shown=True),
        ],
    ),
    Action.EXPORT_CLASS: (ROOM, [lambda scene: work.table(scene.room), lambda scene: export.archive(scene.room)]),
    Action.SEND_DRAWING: (WALL, [lambda scene: sending.send(scene.room, scene.wall.id, {"strokes": SEVEN}, 1)]),
    Action.WITHDRAW_DRAWING: (DRAWING, [lambda scene: sending.withdraw(scene.room, scene.drawing)]),
    Action.COLLECT_DRAWINGS: (
        ROOM,
        [
            lambda scene: activities.start_collection(scene.room, ["A", "B"]),
            lambda scene: activities.finish(scene.room),
            lambda scene: sending.delete_all(scene.room),
        ],
    ),
    Action.SET_ASSIGNMENTS: (
        ROOM,
        [lambda scene: assignments.make(scene.room, "train", "Task", assignments.settings_of(scene.config))],
    ),
    Action.PREPARE_DATASET: (
        NONE,
        [lambda scene: datasets.start_fetch("cifar10"), lambda scene: datasets.cancel_fetch("cifar10")],
    ),
    Action.FETCH_WEIGHTS: (
        NONE,
        [
            lambda scene: weights.start_fetch(NETWORKS["ResNet50"]),
            lambda scene: weights.cancel_fetch(NETWORKS["ResNet50"]),
        ],
    ),
    Action.READ_SERVER_FOLDER: (NONE, [lambda scene: job.inspect(job.new_id(), ImportRequest("file", "/etc", "etc"))]),
    Action.READ_METRICS: (NONE, [lambda scene: sharing.require(Action.READ_METRICS)]),  # routes: tests/api
    Action.MANAGE_PEOPLE: (
        NONE,
        [
            lambda scene: guarding.give_role(BEN.id, Role.TEACHER),
            lambda scene: notifications.write(notifications.Settings()),
        ],
    ),
}


def a_plan(scene: Scene):
    return plan.from_dict({"settings": scene.config.as_dict(), **SEARCH})


def into(scene: Scene):
    from imgcls.datasets.importing import ImportSettings

    return ImportSettings("Leaves", side=28, channels=1, into=scene.own_data)


@pytest.fixture
def scene(room, join, mnist_sample, finished_run, monkeypatch):
    """The scene; no process is started in it."""
    monkeypatch.setattr(jobs, "wake", lambda: None)
    monkeypatch.setattr(Task, "start", lambda task, *words, **more: None)
    monkeypatch.setattr(job.processes, "spawn", lambda *words, **streams: _Ended())
    monkeypatch.setenv("IMGCLS_MIN_DISK_MB", "0")
    monkeypatch.setenv("IMGCLS_MIN_MEMORY_MB", "0")
    for visitor in (OTHER_TEACHER, SERVER_OWNER):
        known.change(visitor.id, name=visitor.name, role=visitor.role)
    for visitor, name in ((ADA, "Ada"), (BEN, "Ben"), (MODERATOR, "Mo")):
        join(visitor, room, name)
    with acting_as(now(OTHER_TEACHER)):
        other = rooms.open_new()
    known.change(OTHER_MODERATOR.id, name="Nil", role=Role.MODERATOR, room=other.id)
    with acting_as(now(TEACHER)):
        rooms.appoint(room, MODERATOR.id)
        wall = activities.start_collection(room, ["1", "7"])
    with acting_as(now(ADA)):
        for place, label in enumerate(("one", "two")):
            for number in range(4):
                drawings.add(np.full(drawings.SHAPE, 10 * place + number, np.uint8), label)
        assert drawings.collection().is_ready
        own = drawings.name()
        run = jobs.begin(Config(data=mnist_sample, epochs=1), "Ada's run")
        (run.folder / metrics_log.PRINTED).write_text("a line")
        study = studies.create(plan.from_dict({"settings": run.config.as_dict(), **SEARCH}))
        drawing = sending.send(room, wall.id, {"strokes": SEVEN}, 1).id
    for folder in (run.folder, study.folder, datasets.custom.folder_of(own), finished_run.folder):
        ownership._write(folder, Thing(ADA.id, Visibility.ROOM, room.id, "Ada"), time.time())
    return Scene(room, mnist_sample, own, run, finished_run, study, drawing, wall)


class _Ended:
    returncode = 0

    def wait(self, *words, **more):
        return 0

    def poll(self):
        return 0


def is_refused(do: Callable[[Scene], object], scene: Scene) -> bool:
    """Whether it is refused because of who does it; what is hidden is refused like what does not exist."""
    try:
        do(scene)
    except NotAllowed:
        return True
    except UserError as error:
        return str(error).startswith("There is no run") or "is no longer on this machine" in str(error)
    return False


def test_there_is_a_way_for_every_action():
    assert set(EVERY_ACTION) == set(Action)


WAYS = [(action, place) for action, (_, ways) in EVERY_ACTION.items() for place in range(len(ways))]


@pytest.mark.parametrize(("action", "place"), WAYS, ids=lambda value: str(getattr(value, "name", value)))
def test_an_action_is_refused_where_it_is_done_to_all_to_whom_the_table_refuses_it(scene, action, place):
    about, ways = EVERY_ACTION[action]
    thing, found = about(scene), {}
    visitors = {who: now(visitor) if visitor.id else visitor for who, visitor in PEOPLE.items()}
    may = [who for who in visitors if allowed(Mode.CLASSROOM, visitors[who], action, thing)]
    for who in [*(who for who in visitors if who not in may), may[0]]:  # what was refused has changed nothing
        with acting_as(visitors[who]):
            found[who] = is_refused(ways[place], scene)
    assert {who for who, refused in found.items() if not refused} == {may[0]}
