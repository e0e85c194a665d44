"""The queue is fair to everybody, nobody uses more than his share, and a server that is full takes nothing more."""

import time

import pytest

from imgcls import jobs, runs
from imgcls.config import Config
from imgcls.errors import SettingError
from imgcls.jobs import fair_use, personal_data, waiting_list
from imgcls.sharing import Mode, Role, Visibility, Visitor, acting_as, background, cookies, limits, ownership, people
from imgcls.sharing.guarding import NotAllowed
from imgcls.sharing.limits import DEFAULTS, LimitReached
from imgcls.sharing.visitors import SERVER
from imgcls.system.tasks import Task
from imgcls.system.tasks.starting import before_start
from tests.sharing.conftest import ADA, BEN

CYD = Visitor("C" * 22, Role.MEMBER, "Cyd")


@pytest.fixture(autouse=True)
def no_queue(monkeypatch):
    monkeypatch.setattr(jobs, "wake", lambda: None)
    monkeypatch.setattr(background, "_started", {})


@pytest.fixture
def config(digits):
    return Config(data=digits, epochs=1)


def queued(visitor, config, *labels):
    with acting_as(visitor):
        return [jobs.begin(config, label) for label in labels]


def order():
    return [run.label for run in waiting_list.waiting()]


def test_everybodys_first_run_comes_before_anybodys_second(shared, config):
    queued(ADA, config, "a1", "a2", "a3")
    queued(BEN, config, "b1", "b2")
    queued(CYD, config, "c1")
    assert order() == ["a1", "b1", "c1", "a2", "b2", "a3"]


def test_a_run_in_training_counts_as_the_first(shared, config, hold_trainer_lock):
    (first,) = queued(ADA, config, "a1")
    queued(ADA, config, "a2")
    queued(BEN, config, "b1", "b2")
    (first.folder / "queued.json").unlink()
    (first.folder / "trainer.json").write_text('{"ticket": "t"}')
    (first.folder / "heartbeat").write_text("running")
    hold_trainer_lock(first)
    assert order() == ["b1", "a2", "b2"]


def test_a_run_that_was_killed_does_not_count(shared, config):
    (first,) = queued(ADA, config, "a1")
    queued(ADA, config, "a2")
    queued(BEN, config, "b1")
    (first.folder / "queued.json").unlink()
    (first.folder / "trainer.json").write_text('{"ticket": "t"}')
    (first.folder / "heartbeat").write_text("running")
    assert first.state == "lost"
    assert order() == ["a2", "b1"]


def test_everybody_orders_his_own_runs_only(shared, config):
    queued(ADA, config, "a1", "a2")
    (b1, b2, _) = queued(BEN, config, "b1", "b2", "b3")
    with acting_as(BEN):
        jobs.move(b2, -1)
        assert order() == ["a1", "b2", "a2", "b1", "b3"]
        jobs.move(b1, 5)
    assert order() == ["a1", "b2", "a2", "b3", "b1"]


def test_a_server_that_nobody_shares_keeps_its_order(config):
    for label in ("1", "2", "3"):
        jobs.begin(config, label)
    assert order() == ["1", "2", "3"]


def test_the_same_queue_always_has_the_same_order(shared, config):
    for number in range(3):
        for visitor in (BEN, ADA, CYD):
            queued(visitor, config, f"{visitor.name}{number}")
    first = order()
    assert first[:3] == ["Ben0", "Ada0", "Cyd0"]
    assert all(order() == first for _ in range(3))


def test_nobody_queues_more_runs_than_his_role_may(shared, config):
    most = int(DEFAULTS[Role.MEMBER].queued_runs)
    mine = queued(ADA, config, *map(str, range(most)))
    with acting_as(ADA):
        assert fair_use.usage(ADA)[0].sentence == f"{most} of {most} queued runs"
        with pytest.raises(LimitReached, match=f"You have {most} of {most} queued runs"):
            jobs.begin(config)
        jobs.take_out(mine[0])
        jobs.begin(config)
    queued(BEN, config, "b1")


def test_the_size_of_a_training_is_limited(shared, digits, monkeypatch):
    monkeypatch.setenv(limits.VARIABLE, "member.image_epochs=1000")
    small, large = Config(data=digits, train_images=500, epochs=2), Config(data=digits, train_images=500, epochs=3)
    with acting_as(ADA):
        jobs.begin(small)
        with pytest.raises(LimitReached, match="reads 1,500 images"):
            jobs.begin(large)
    with acting_as(Visitor(BEN.id, Role.OWNER)):
        jobs.begin(large)


def test_a_cross_validation_counts_all_its_trainings(digits):
    assert fair_use.image_epochs(Config(data=digits, train_images=100, epochs=2, folds=5)) == 1200


def test_who_stores_too_much_trains_no_more(shared, config, monkeypatch):
    (run,) = queued(ADA, config, "a1")
    (run.folder / "big").write_bytes(bytes(2_000_000))
    monkeypatch.setenv(limits.VARIABLE, " member.disk_mb = 2 ")
    with acting_as(ADA):
        assert fair_use.stored_bytes(ADA) > 2_000_000
        with pytest.raises(LimitReached, match="Delete some"):
            jobs.begin(config)
        jobs.delete(run)  # a deleted run takes as much space until it is gone for good
        with pytest.raises(LimitReached):
            jobs.begin(config)


@pytest.mark.parametrize("variable", [limits.MIN_DISK, limits.MIN_MEMORY])
def test_a_full_server_takes_no_new_work(shared, config, monkeypatch, variable, tmp_path):
    monkeypatch.setenv(variable, "1e12")
    with acting_as(ADA), pytest.raises(LimitReached, match="The server has only"):
        jobs.begin(config)
    with acting_as(ADA), pytest.raises(LimitReached, match="The server has only"):
        background.count(Task(tmp_path, "export", "done.json"))
    assert runs.all_runs() == []


@pytest.mark.parametrize("text", ["x", "member.queued_runs", "king.tasks=1", "member.gold=1", "member.tasks=-1", "=1"])
def test_a_limit_that_does_not_exist_is_an_error(shared, monkeypatch, text):
    monkeypatch.setenv(limits.VARIABLE, text)
    with pytest.raises(SettingError, match="Expected ROLE"):
        limits.of(Role.MEMBER)


def test_a_moderator_has_the_limits_of_a_member(shared, monkeypatch):
    monkeypatch.setenv(limits.VARIABLE, "member.queued_runs=1")
    assert limits.of(Role.MODERATOR) == limits.of(Role.MEMBER) and limits.of(Role.MEMBER).queued_runs == 1


def test_nobody_has_limits_in_local_mode():
    assert limits.of(Role.GUEST) == limits.Limits()


class Running:
    """A task that runs until it is told otherwise."""

    def __init__(self, folder, kind):
        self.task, self.folder = Task(folder, kind, "done.json"), folder
        self.task.write_progress("running", 0.0, "Starting")


def test_background_tasks_are_counted_by_visitor(shared, tmp_path, monkeypatch):
    monkeypatch.setattr(before_start, "check", None)
    background.install()
    most = int(DEFAULTS[Role.MEMBER].tasks)
    for number in range(most):
        task = Task(tmp_path / str(number), "export", "done.json")
        task.folder.mkdir()
        with acting_as(ADA):
            before_start(task)
        task.write_progress("running", 0.0, "Starting")
    assert background.running(ADA.id) == most
    another = Task(tmp_path / "another", "export", "done.json")
    with acting_as(ADA), pytest.raises(LimitReached, match="background tasks"):
        another.start("imgcls.there_is_no_such_module")
    assert not another.folder.exists()
    with acting_as(BEN):
        before_start(another)
    (tmp_path / "0" / "done.json").touch()
    assert background.running(ADA.id) == most - 1


def test_only_who_started_a_task_cancels_it(shared, tmp_path):
    task = Task(tmp_path, "export", "done.json")
    task.write_progress("running", 0.0, "Starting")
    with acting_as(ADA):
        background.count(task)
    with acting_as(BEN), pytest.raises(NotAllowed, match="someone else started it"):
        background.cancel(task)
    assert task.state().state == "running"
    with acting_as(ADA):
        background.cancel(task)
    assert task.state().state == "idle"


def folders(*roots):
    return {path.name for root in roots if root.exists() for path in root.iterdir() if path.is_dir()}


def test_everything_about_a_visitor_can_be_deleted(ada, ben, config):
    (mine, gone) = queued(ADA, config, "a1", "a2")
    (others,) = queued(BEN, config, "b1")
    with acting_as(ADA):
        jobs.delete(gone)
        personal_data.delete_everything(ADA)
    assert fair_use.folders_of(ADA) == []
    assert not mine.folder.exists()
    assert others.folder.exists()
    assert [person.name for person in people.everybody()] == ["Ben"]


def test_nothing_is_deleted_for_a_visitor_without_a_cookie(config):
    run = jobs.begin(config)
    personal_data.delete_everything(SERVER)
    assert run.folder.exists()


def test_a_demo_forgets_its_visitors_after_a_day(monkeypatch, config):
    kept = jobs.begin(config, "shipped")
    monkeypatch.setenv("IMGCLS_MODE", Mode.DEMO)
    guest, owner = Visitor(cookies.new_id()), Visitor(cookies.new_id(), Role.OWNER)
    people.change(owner.id, role=Role.OWNER)
    people.change(guest.id, name="Eve")
    (old,), (of_owner,) = queued(guest, config, "old"), queued(owner, config, "owner's")
    (new,) = queued(guest, config, "new")
    for run in (old, of_owner):
        ownership._write(run.folder, ownership.of(run.folder), time.time() - personal_data.DEMO_SECONDS - 60)
    jobs.sweep()
    assert [run.folder.exists() for run in (kept, old, of_owner, new)] == [True, False, True, True]
    assert [person.name for person in people.everybody()] == ["", "Eve"]


def test_a_class_keeps_its_work(shared, config):
    (run,) = queued(ADA, config, "a1")
    ownership._write(run.folder, ownership.of(run.folder), 1.0)
    jobs.sweep()
    assert run.folder.exists()
    assert ownership.of(run.folder).visibility is Visibility.PRIVATE
