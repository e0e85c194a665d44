"""Every dataset states its facts."""

import dataclasses

import pytest

from imgcls import datasets
from imgcls.errors import DatasetError
from tests.support.importing.npz_files import BUNDLED, DOWNLOADED


@pytest.mark.parametrize("name", datasets.names())
def test_every_dataset_states_its_facts(name):
    about = datasets.facts(name)
    assert about.name == name
    assert about.text.count(".") >= 2 and 100 < len(about.text) < 1000
    assert "Source" in about.text and ("icence" in about.text or "CC BY" in about.text)
    assert len(set(about.classes)) == about.num_classes >= 2
    assert all(isinstance(label, str) and label == label.strip() != "" for label in about.classes)
    assert len(about.shape) == 3 and about.shape[2] in (1, 3)
    assert min(about.counts) >= about.num_classes
    assert about.source in ("bundled", "download", "file")
    assert (about.megabytes > 0) == (about.source == "download")
    assert isinstance(about.ink, bool)
    assert all(len(reason) > 20 and reason.endswith(".") for reason in about.avoid.values())
    assert dataclasses.is_dataclass(about) and about.file == f"{name}.npz"


def test_the_default_comes_first_and_offline_datasets_before_the_rest():
    names = datasets.names()
    assert names[0] == "mnist_sample"
    assert names[: len(BUNDLED + DOWNLOADED)] == BUNDLED + DOWNLOADED
    assert {"mnist_sample", "digits", "mnist", "fashion_mnist", "cifar10", "cifar100"} <= set(names)


def test_an_unknown_name_lists_the_choices():
    for unknown in ("mnst", "_keras", "../mnist", ""):
        with pytest.raises(DatasetError, match=r"Available: mnist_sample, digits, .*mnist, .*cifar100"):
            datasets.facts(unknown)


def test_digits_warn_about_flips_and_clothes_do_not():
    assert "flip" in datasets.facts("mnist").avoid
    assert "30°" in datasets.facts("mnist").avoid["rotation"]
    assert "flip" not in datasets.facts("fashion_mnist").avoid


def test_cifar100_has_superclasses_of_five():
    about = datasets.facts("cifar100")
    assert len(about.coarse) == 20
    assert sorted(about.coarse_of) == sorted(list(range(20)) * 5)
    group = dict(zip(about.classes, (about.coarse[i] for i in about.coarse_of), strict=True))
    assert (group["apple"], group["wolf"], group["rocket"]) == (
        "fruit and vegetables",
        "large carnivores",
        "vehicles 2",
    )
    # The first ten fine labels of the published files have these coarse ones.
    assert about.coarse_of[:10] == (4, 1, 14, 8, 0, 6, 7, 7, 18, 3)
