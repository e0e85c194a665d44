"""Imports in this process, as the command line does them."""

import pytest

from imgcls import datasets
from imgcls.datasets.importing import of_file
from imgcls.datasets.importing.execution import execute, job
from imgcls.errors import DatasetError, SourceError
from imgcls.system import paths
from tests.support.uploads import archive, leaves


def test_size_and_colours_are_chosen_from_the_images_and_progress_is_reported(tmp_path):
    archive(tmp_path / "leaves.zip", leaves())
    reported = []
    dataset = execute.import_dataset(
        of_file(tmp_path / "leaves.zip"), title="Leaves", progress=lambda fraction, text: reported.append(fraction)
    )
    assert dataset == datasets.custom_dataset("own-leaves")
    assert sum(dataset.counts) == 10
    assert dataset.shape[0] in (28, 32, 64)
    assert reported and reported == sorted(reported)
    assert list(job.all_folder().iterdir()) == []


def test_a_failed_import_leaves_no_folder_behind(tmp_path):
    archive(tmp_path / "leaves.zip", leaves())
    request = of_file(tmp_path / "leaves.zip")
    execute.import_dataset(request, title="Leaves", size=28, channels=1)
    with pytest.raises(DatasetError, match="already a dataset"):
        execute.import_dataset(request, title="leaves", size=28)
    assert list(job.all_folder().iterdir()) == []
    assert [path.name for path in paths.own_folder().glob("own-*")] == ["own-leaves"]


def test_a_missing_file_is_reported_as_missing(tmp_path):
    with pytest.raises(SourceError, match=r"^No such file: nowhere\.zip$"):
        of_file(tmp_path / "nowhere.zip")
