"""Refusals where the work is done: whatever a page or a request asks for, somebody else's work stays as it is."""

import numpy as np
import pytest

from imgcls import datasets, jobs, runs
from imgcls.config import Config
from imgcls.datasets.importing import ImportRequest, drawings
from imgcls.datasets.importing.execution import job
from imgcls.errors import DatasetError, RunError
from imgcls.evaluation.label_errors import reviews
from imgcls.evaluation.model_import import task as model_import
from imgcls.export import exporting
from imgcls.jobs import waiting_list
from imgcls.runs import metrics_log
from imgcls.runs.annotations import tags
from imgcls.sharing import Action, NotAllowed, Role, Visibility, Visitor, acting_as, guarding, ownership, people
from imgcls.sharing.visitors import SERVER
from tests.sharing.conftest import ADA, BEN


@pytest.fixture(autouse=True)
def no_queue(monkeypatch):
    monkeypatch.setattr(jobs, "wake", lambda: None)


@pytest.fixture
def config(digits):
    return Config(data=digits, epochs=1)


@pytest.fixture
def adas(ada, ben, config):
    """A queued run of Ada's that everybody sees."""
    with acting_as(ADA):
        run = jobs.begin(config, "Ada's run")
    ownership.share(run.folder, Visibility.PUBLIC)
    return run


def test_a_run_belongs_to_who_started_it(adas):
    thing = ownership.of(adas.folder)
    assert (thing.owner, thing.owner_name, thing.visibility) == (ADA.id, "Ada", Visibility.PUBLIC)


@pytest.mark.parametrize("role", Role)
def test_a_process_that_works_for_somebody_has_the_limits_of_their_role(adas, role):
    """At least those of a member: what it does was allowed before it was started."""
    people.change(ADA.id, role=role)
    is_teacher = role in (Role.TEACHER, Role.OWNER)
    assert ownership.maker(adas.folder).role is (role if is_teacher else Role.MEMBER)


def test_nobody_but_its_owner_sees_a_private_run(adas):
    ownership.share(adas.folder, Visibility.PRIVATE)
    with acting_as(ADA):
        assert runs.all_runs() == [adas]
        assert runs.find(adas.id) == adas
    with acting_as(BEN):
        assert runs.all_runs() == []
        with pytest.raises(RunError, match="There is no run"):
            runs.find(adas.id)
    with acting_as(SERVER):
        assert runs.all_runs() == [adas]


CHANGES = {
    "stop": jobs.stop,
    "resume": jobs.start,
    "move": lambda run: jobs.move(run, 1),
    "take out": jobs.take_out,
    "delete": jobs.delete,
    "delete directly": lambda run: run.delete(),
    "rename": lambda run: run.rename("Ben's"),
    "pause": lambda run: run.send_request(pause=True),
    "learning rate": lambda run: run.request_learning_rate(0.1),
    "early stopping": lambda run: run.send_request(early_stopping=True),
    "tag": lambda run: tags.change(run, "mine", [1], given=True),
    "read the log": lambda run: metrics_log.printed(run.folder),
    "share": lambda run: guarding.share(Action.SHARE_RUN, run.folder, Visibility.PUBLIC),
    "review": lambda run: reviews.judge(run, "test", [1], "right"),
}


def content(folder):
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("change", CHANGES)
def test_somebody_else_cannot_change_a_run(adas, change):
    before = content(adas.folder)
    with acting_as(BEN), pytest.raises(NotAllowed, match="belongs to Ada"):
        CHANGES[change](adas)
    assert content(adas.folder) == before


@pytest.mark.parametrize("change", CHANGES)
def test_a_guest_cannot_change_even_what_he_once_made(adas, change):
    with acting_as(Visitor(ADA.id)), pytest.raises(NotAllowed):
        CHANGES[change](adas)


def test_its_owner_and_the_owner_of_the_server_can(adas):
    with acting_as(ADA):
        adas.rename("First")
    with acting_as(Visitor(BEN.id, Role.OWNER)):
        adas.rename("Second")
    assert adas.label == "Second"


def test_a_teacher_can_in_his_room_only(adas):
    folder = adas.folder
    ownership._write(folder, ownership.of(folder).__class__(ADA.id, Visibility.ROOM, "r1", "Ada"), 1.0)
    with acting_as(Visitor(BEN.id, Role.TEACHER, "Ben", "r2")):
        assert runs.all_runs() == []
    with acting_as(Visitor(BEN.id, Role.MEMBER, "Ben", "r1")):
        assert runs.all_runs() == [adas]
        with pytest.raises(NotAllowed):
            jobs.stop(adas)
    with acting_as(Visitor(BEN.id, Role.TEACHER, "Ben", "r1")):
        jobs.stop(adas)
    assert waiting_list.waiting() == []


def test_a_guest_of_a_class_does_not_train(shared, config):
    with acting_as(Visitor("C" * 22)), pytest.raises(NotAllowed, match="Join a class first"):
        jobs.begin(config)


def test_nobody_but_the_owner_trains_on_a_read_only_server(monkeypatch, config):
    monkeypatch.setenv("IMGCLS_MODE", "read-only")
    with acting_as(ADA), pytest.raises(NotAllowed, match="viewing runs"):
        jobs.begin(config)
    with acting_as(Visitor(ADA.id, Role.OWNER)):
        jobs.begin(config)


def test_everybody_trains_in_a_demo_and_nobody_else_sees_it(monkeypatch, config):
    monkeypatch.setenv("IMGCLS_MODE", "demo")
    first, second = Visitor("C" * 22), Visitor("D" * 22)
    with acting_as(first):
        run = jobs.begin(config)
        assert runs.all_runs() == [run]
    with acting_as(second):
        assert runs.all_runs() == []


def test_runs_from_before_the_server_was_shared_belong_to_its_owner(monkeypatch, config):
    run = jobs.begin(config)
    assert not (run.folder / ownership.NAME).exists()
    monkeypatch.setenv("IMGCLS_MODE", "demo")
    with acting_as(Visitor("C" * 22)):
        assert runs.find(run.id) == run
        with pytest.raises(NotAllowed, match="belongs to the owner of the server"):
            jobs.stop(run)


@pytest.mark.parametrize("text", ["{", '{"version": 2}', '{"version": 1, "owner": 7}'])
def test_a_damaged_note_of_the_owner_hides_a_run(adas, text):
    (adas.folder / ownership.NAME).write_text(text)
    with acting_as(BEN):
        assert runs.all_runs() == []
        with pytest.raises(NotAllowed):
            jobs.stop(adas)


def test_extending_and_exporting_need_sight_of_the_run(adas):
    ownership.share(adas.folder, Visibility.PRIVATE)
    with acting_as(BEN):
        for use in (lambda: jobs.extend(adas, 1), lambda: exporting.start(adas, ["litert"])):
            with pytest.raises(NotAllowed, match="does not exist"):
                use()


def test_a_private_run_cannot_be_the_backbone_of_somebody_elses(adas, config):
    ownership.share(adas.folder, Visibility.PRIVATE)
    settings = {**Config(data=config.data, model="transfer").model_settings, "backbone_run": adas.id}
    with acting_as(BEN), pytest.raises(RunError, match="There is no run"):
        jobs.begin(Config(data=config.data, model="transfer", model_settings=settings))


def test_the_labels_of_a_built_in_dataset_are_everybodys(ada, digits):
    dataset = datasets.open_dataset(digits)
    for edit in (
        lambda: datasets.exclude(dataset, [1]),
        lambda: datasets.relabel(dataset, [1], 2),
        lambda: datasets.undo(dataset),
        lambda: datasets.undo_all(dataset),
    ):
        with acting_as(ADA), pytest.raises(NotAllowed, match="edit the labels"):
            edit()
    assert datasets.edits_of(dataset).steps == ()


def test_only_who_may_downloads_to_the_server(ada):
    with acting_as(ADA), pytest.raises(NotAllowed, match="download datasets"):
        datasets.start_fetch("cifar10")
    with acting_as(ADA), pytest.raises(NotAllowed, match="download datasets"):
        datasets.cancel_fetch("cifar10")


def drawing(value):
    return np.full(drawings.SHAPE, value, np.uint8)


def test_everybody_has_drawings_of_his_own(ada, ben):
    with acting_as(ADA):
        drawings.add(drawing(1), "one")
    with acting_as(BEN):
        assert drawings.collection().total == 0
        drawings.add(drawing(2), "two")
        assert drawings.collection().counts == {"two": 1}
    with acting_as(ADA):
        assert drawings.collection().counts == {"one": 1}


def drawn(visitor, *labels):
    """The dataset of a visitor's drawings, two classes of which are enough to train on."""
    with acting_as(visitor):
        for place, label in enumerate(labels):
            for number in range(4):
                drawings.add(drawing(10 * place + number), label)
        assert drawings.collection().is_ready
        return drawings.name()


def test_a_dataset_is_hidden_from_others(ada, ben):
    name = drawn(ADA, "one", "two")
    with acting_as(ADA):
        assert name in datasets.names()
        assert datasets.facts(name).title == "My drawings"
    with acting_as(BEN):
        assert name not in datasets.names()
        with pytest.raises(DatasetError):
            datasets.facts(name)
        with pytest.raises(DatasetError):
            jobs.begin(Config(data=name))


def test_somebody_else_cannot_change_a_shared_dataset(ada, ben):
    name = drawn(ADA, "one", "two")
    ownership.share(datasets.custom.folder_of(name), Visibility.PUBLIC)
    with acting_as(BEN):
        dataset = datasets.open_dataset(name)
        for change in (
            lambda: datasets.delete_custom(name),
            lambda: datasets.describe_custom(name, "Mine", ""),
            lambda: datasets.exclude(dataset, [0]),
        ):
            with pytest.raises(NotAllowed, match="belongs to Ada"):
                change()
    with acting_as(ADA):
        datasets.describe_custom(name, "Ours", "")
        datasets.delete_custom(name)


def test_a_dataset_is_shared_by_its_owner_only(ada, ben):
    name = drawn(ADA, "one", "two")
    folder = datasets.custom.folder_of(name)
    with acting_as(BEN), pytest.raises(NotAllowed):
        guarding.share(Action.SHARE_DATASET, folder, Visibility.PUBLIC)
    with acting_as(ADA):
        guarding.share(Action.SHARE_DATASET, folder, Visibility.PUBLIC)
        with pytest.raises(NotAllowed, match="no class"):
            guarding.share(Action.SHARE_DATASET, folder, Visibility.ROOM)
    with acting_as(BEN):
        assert datasets.facts(name).title == "My drawings · Ada"


def test_only_the_owner_of_the_server_gives_roles(ada, ben):
    with acting_as(BEN), pytest.raises(NotAllowed):
        guarding.give_role(BEN.id, Role.OWNER)
    with acting_as(Visitor(BEN.id, Role.TEACHER, "Ben", "r1")), pytest.raises(NotAllowed):
        guarding.give_role(BEN.id, Role.OWNER)
    with acting_as(SERVER):
        guarding.give_role(ADA.id, Role.TEACHER)
    assert people.visitor(ADA.id).role is Role.TEACHER


def test_a_folder_of_the_server_is_read_for_its_owner_only(ada, tmp_path):
    with acting_as(ADA), pytest.raises(NotAllowed, match="folder of this server"):
        job.inspect(job.new_id(), ImportRequest("file", str(tmp_path), "x.zip"))


def test_an_import_is_only_its_owners(ada, ben, tmp_path):
    import_id = job.new_id()
    with acting_as(ADA):
        job.make_folder(import_id)
    for use in (
        lambda: job.state(import_id),
        lambda: job.cancel(import_id),
        lambda: job.discard(import_id),
        lambda: job.request_of(import_id),
        lambda: job.inspect(import_id, ImportRequest("file", str(tmp_path), "x.zip")),
    ):
        with acting_as(BEN), pytest.raises(NotAllowed):
            use()
    with acting_as(ADA):
        assert job.state(import_id).state == "idle"


def test_a_guest_of_a_class_imports_nothing(shared, tmp_path):
    with acting_as(Visitor("C" * 22)):
        with pytest.raises(NotAllowed):
            job.make_folder(job.new_id())
        with (tmp_path / "model.onnx").open("wb+") as file, pytest.raises(NotAllowed):
            model_import.new("model.onnx", file)
        with pytest.raises(NotAllowed):
            drawings.add(drawing(1), "one")
