"""Energy is read from the processor's counters if there are some, across an overflow, and estimated elsewhere."""

import pytest

from imgcls.studies import energy
from imgcls.studies.energy import Energy, Meter


@pytest.fixture
def counter(tmp_path, monkeypatch):
    """`counter(microjoules)` sets the counter of the only package, which overflows after 10 J."""
    root = tmp_path / "powercap"
    package = root / "intel-rapl:0"
    (root / "intel-rapl:0:0").mkdir(parents=True)  # a part of the package, which must not count twice
    (root / "intel-rapl:0:0" / "energy_uj").write_text("5")
    package.mkdir()
    (package / "max_energy_range_uj").write_text("10000000")
    monkeypatch.setattr(energy, "RAPL", root)
    return lambda value: (package / "energy_uj").write_text(f"{value}\n")


def test_counters_are_added_up_across_an_overflow(counter, tmp_path):
    counter(4_000_000)
    meter = Meter(tmp_path)
    counter(9_000_000)
    assert meter.look().joules == pytest.approx(5.0)
    counter(1_000_000)
    found = meter.write()
    assert found.joules == pytest.approx(7.0) and found.source == energy.MEASURED
    assert "measured at the processor" in found.sentence()


def test_a_later_driver_adds_to_what_was_used(counter, tmp_path):
    counter(0)
    meter = Meter(tmp_path)
    counter(2_000_000)
    meter.write()
    again = Meter(tmp_path)
    counter(3_000_000)
    assert again.look().joules == pytest.approx(3.0)


def test_without_counters_busy_cores_are_counted_and_marked_as_an_estimate(tmp_path, monkeypatch):
    busy = [100.0]
    monkeypatch.setattr(energy, "RAPL", tmp_path / "none")
    monkeypatch.setattr(energy, "_busy_seconds", lambda: busy[0])
    meter = Meter(tmp_path)
    busy[0] = 103.0
    found = meter.look()
    assert found.joules == pytest.approx(3 * energy.WATTS_PER_CORE) and "an estimate" in found.sentence()


@pytest.mark.parametrize(("joules", "amount"), [(100.0, "0.028 Wh"), (3600.0, "1 Wh"), (432_000.0, "0.12 kWh")])
def test_little_energy_is_given_in_watt_hours(joules, amount):
    assert Energy(joules).sentence().startswith(f"Energy: {amount}, an estimate")


def test_busy_seconds_grow_with_work():
    before = energy._busy_seconds()
    sum(number * number for number in range(3_000_000))
    assert energy._busy_seconds() >= before > 0


@pytest.mark.parametrize("content", ["", "[]", '{"joules": "x"}', '{"joules": -1, "seconds": 1, "source": "measured"}'])
def test_a_damaged_file_counts_as_nothing(tmp_path, content):
    (tmp_path / energy.NAME).write_text(content)
    assert energy.read(tmp_path) == Energy()
