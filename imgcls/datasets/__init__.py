"""Data sets: what there is, what is ready, and how to get it.

Each file here is a data set, found by its name; files with a leading underscore are the machinery:

    _facts      what a data set's file says about itself
    _check      is this a data set of the expected kind?
    _prepared   open what is prepared
    _prepare    prepare it (also: python -m imgcls.datasets NAME)
    _keras      download through keras.datasets
    _progress   how far the preparing process is
    _fetch      start that process from a page, watch it and cancel it
    _split      training and validation pictures
    _stratified the same where a picture may have several labels
    _own        sets that people made of their own pictures (made by imgcls/imports)
    _edits      pictures that are thrown out, or belong to another class
    _edited     a data set with these changes, and how they are made

Opening a prepared data set needs NumPy only; whatever decodes or downloads runs in a process of its own.
"""

from imgcls.datasets.custom import NOTE_LENGTH, TITLE_LENGTH, CustomDataset, custom_dataset, is_custom
from imgcls.datasets.custom import delete as delete_custom
from imgcls.datasets.custom import describe as describe_custom
from imgcls.datasets.editing.apply import (
    edits_of,
    edits_stamp,
    exclude,
    open_for_training,
    relabel,
    restore,
    undo,
    undo_all,
)
from imgcls.datasets.editing.edit_list import NO_CLASS, Edits
from imgcls.datasets.editing.edit_list import read as read_edits
from imgcls.datasets.info import DatasetInfo, facts, names
from imgcls.datasets.preparing.fetch import FetchState, cancel_fetch, fetch_state, start_fetch
from imgcls.datasets.preparing.prepare import prepare
from imgcls.datasets.splitting.multilabel import stratified_holdout
from imgcls.datasets.splitting.stratified import split, split_counts
from imgcls.datasets.store import Dataset, dataset_stamp, how_to_get, is_available, is_ready, open_dataset

__all__ = [
    "NOTE_LENGTH",
    "NO_CLASS",
    "TITLE_LENGTH",
    "CustomDataset",
    "Dataset",
    "DatasetInfo",
    "Edits",
    "FetchState",
    "cancel_fetch",
    "custom_dataset",
    "dataset_stamp",
    "delete_custom",
    "describe_custom",
    "edits_of",
    "edits_stamp",
    "exclude",
    "facts",
    "fetch_state",
    "how_to_get",
    "is_available",
    "is_custom",
    "is_ready",
    "names",
    "open_dataset",
    "open_for_training",
    "prepare",
    "read_edits",
    "relabel",
    "restore",
    "split",
    "split_counts",
    "start_fetch",
    "stratified_holdout",
    "undo",
    "undo_all",
]
