"""The network that recognises what is no digit can be fitted again, with the same result."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from imgcls.datasets.catalog import drawn_digits
from imgcls.datasets.preparing import pen_characters
from imgcls.inference.rejection import non_digits
from imgcls.system import paths
from imgcls.training.non_digits import examples, fit, fonts

NEEDS = ("mnist.npz", drawn_digits.PEN_FILE, pen_characters.FILE, fonts.FOLDER)


@pytest.fixture
def made() -> examples.Examples:
    """Random images of eleven classes."""
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (132, 28, 28), np.uint8)
    return examples._without_pen(images, np.arange(132) % 11, "made")


def test_the_same_examples_give_the_same_network(made):
    values = fit.features(made, "image")
    first, second = (fit.trained(values, made.labels, "image", 0) for _ in range(2))
    assert all(np.array_equal(one, other) for one, other in zip(first, second, strict=True))


def test_the_networks_of_a_kind_differ(made, monkeypatch):
    monkeypatch.setitem(fit.MEMBERS, "image", 2)
    first, second = fit.ensemble(fit.features(made, "image"), made.labels, "image")
    assert not np.array_equal(first[0], second[0])


def test_the_digest_changes_with_an_image_or_a_label(made):
    images, labels = made.images.copy(), made.labels.copy()
    images[5, 3, 3] ^= 1
    labels[7] = 0
    found = {fit.digest(data).tobytes() for data in (made, replace(made, images=images), replace(made, labels=labels))}
    assert len(found) == 3
    assert fit.digest(made).tobytes() in found


def test_parts_have_random_numbers_of_their_own(made, monkeypatch):
    def part(generator):
        return replace(made, writers=generator.integers(0, 9, len(made.labels)))

    monkeypatch.setattr(examples, "PARTS", {"one": part, "other": part})
    both = examples.training(lambda line: None).writers
    assert not np.array_equal(both[:132], both[132:])
    monkeypatch.setattr(examples, "PARTS", {"one": lambda generator: made, "other": part})
    assert np.array_equal(examples.training(lambda line: None).writers[132:], both[132:])


def test_differences_between_files_are_named(tmp_path):
    with np.load(non_digits.FILE, allow_pickle=False) as file:
        arrays = dict(file)
    arrays["0/pen/output_bias"] = arrays["0/pen/output_bias"] + np.float16(0.5)
    np.savez(tmp_path / "changed.npz", **{name: values for name, values in arrays.items() if name != "digest"})
    shutil.copy(non_digits.FILE, tmp_path / "same.npz")
    assert fit.differences(non_digits.FILE, tmp_path / "same.npz") == []
    assert fit.differences(non_digits.FILE, tmp_path / "changed.npz") == ["digest", "0/pen/output_bias: up to 0.5"]


def test_the_shipped_file_has_the_sizes_that_a_fit_gives():
    width = len(non_digits.pen_features([np.zeros((2, 2))]))
    with np.load(non_digits.FILE, allow_pickle=False) as file:
        assert {kind: int(file[f"members_{kind}"]) for kind in fit.KINDS} == fit.MEMBERS
        assert file["digest"].shape == (32,)
        assert file["0/image/hidden"].shape == (441, fit.UNITS["image"])
        assert file["0/pen/hidden"].shape == (441 + width, fit.UNITS["pen"])


@pytest.mark.slow
def test_the_shipped_file_is_what_a_fit_gives(capsys):
    folder = paths.data_folder()
    missing = [name for name in NEEDS if folder is None or not (folder / name).exists()]
    if missing:
        pytest.skip(f"not in the folder set by IMGCLS_DATA: {', '.join(missing)}")
    fit.check(examples.training(print), non_digits.FILE)
    assert "bit for bit" in capsys.readouterr().out
