"""Pages follow a training less often when many people watch, and as often as before when they have left."""

from types import SimpleNamespace

import pytest

from imgcls.ui.visitors import watching


@pytest.fixture
def crowd(monkeypatch):
    """`crowd(40)`: so many pages have just been updated, with that of this test; `crowd.pass_by(9)`: seconds pass."""

    class Crowd:
        now = 1000.0

        def __call__(self, size):
            watching._seen.clear()
            watching._seen.update({str(number): self.now for number in range(size - 1)})

        def pass_by(self, seconds):
            self.now += seconds

    crowd = Crowd()
    monkeypatch.setattr(watching, "_changed", 0.0)
    monkeypatch.setattr(watching.time, "monotonic", lambda: crowd.now)
    yield crowd
    watching._seen.clear()


@pytest.mark.parametrize(("people", "seconds"), [(1, 1), (20, 1), (21, 2), (40, 2), (60, 4), (100, 8), (1000, 8)])
def test_all_pages_together_have_a_limit(crowd, people, seconds):
    crowd(people)
    assert watching.seconds(1.0) == seconds
    assert people / seconds <= watching.MOST_PER_SECOND or seconds == watching.LONGEST_SECONDS


def test_one_person_more_or_less_does_not_change_the_pace_back_and_forth(crowd):
    crowd(41)
    pace = watching.seconds(1.0, 2.0)
    assert pace == 4.0
    for people in (40, 41, 39, 40):
        crowd(people)
        assert watching.seconds(1.0, pace) == pace
    crowd.pass_by(watching.SECONDS_PER_CHANGE)
    crowd(27)
    assert watching.seconds(1.0, pace) == 2.0


def test_who_has_left_is_forgotten(crowd):
    crowd(100)
    assert watching.seconds(1.0) == 8.0
    crowd.pass_by(watching.FORGET_SECONDS + 1)
    assert watching.seconds(1.0, 8.0) == 1.0
    assert len(watching._seen) == 1


def test_pages_change_their_pace_one_after_another(crowd):
    crowd(60)
    assert watching.seconds(1.0) == 4.0
    paces = [watching.seconds(1.0, 1.0) for _ in range(20)]
    assert paces.count(4.0) == 1
    crowd.pass_by(watching.SECONDS_PER_CHANGE)
    assert watching.seconds(1.0, 1.0) == 4.0


def test_a_page_that_keeps_its_pace_holds_up_no_other(crowd):
    crowd(60)
    assert [watching.seconds(1.0, pace) for pace in (4.0, 4.0, 1.0)] == [4.0, 4.0, 4.0]


def test_no_two_pages_of_a_crowd_update_in_step(crowd, monkeypatch):
    def pace_of(session):
        monkeypatch.setattr(watching, "get_script_run_ctx", lambda **_: SimpleNamespace(session_id=session))
        crowd(60)
        return watching.seconds(1.0)

    paces = [pace_of(f"session-{number}") for number in range(60)]
    assert len(set(paces)) > 50
    assert 3.2 <= min(paces) < 3.6 and 4.4 < max(paces) <= 4.8
    assert pace_of("session-7") == paces[7]


def test_a_page_alone_keeps_the_usual_pace(crowd, monkeypatch):
    monkeypatch.setattr(watching, "get_script_run_ctx", lambda **_: SimpleNamespace(session_id="alone"))
    crowd(1)
    assert watching.seconds(1.0) == watching.seconds(1.0, 1.0) == 1.0


def test_a_new_page_begins_with_the_pace_of_those_who_are_connected(crowd, monkeypatch):
    monkeypatch.setattr(watching, "_connected", lambda: 100)
    crowd(1)
    assert watching.seconds(1.0) == 4.0
    assert watching.seconds(1.0, 4.0) == 1.0  # they did something else
