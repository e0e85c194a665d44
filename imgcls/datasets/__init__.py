"""Datasets: which exist, what is known about them, how to get, open, split and edit them.

    info          the facts about a dataset; the built-in ones are found in catalog/
    custom        datasets of the user's own images
    lookup        all datasets by name
    store/        open a prepared dataset: arrays, file names and groups, edits
    catalog/      the built-in datasets: to add one, add one file
    preparing/    download, check and write a dataset (also: python -m imgcls.datasets NAME)
    splitting/    stratified training and validation sets
    editing/      exclude and relabel training images
    augmentation/ random changes to training images
    recipes       recommended settings of a model family for a dataset
    importing/    the user's own images become a custom dataset
    analysis/     duplicates, outliers, brightness and a map of a dataset

Opening a prepared dataset needs NumPy only; decoding and downloading happen in separate processes.
"""

from imgcls.datasets.custom import NOTE_LENGTH, TITLE_LENGTH, CustomDataset, custom_dataset, is_custom, skipped_file
from imgcls.datasets.custom import delete as delete_custom
from imgcls.datasets.editing.actions import (
    edits_of,
    edits_stamp,
    exclude,
    open_for_training,
    relabel,
    restore,
    undo,
    undo_all,
)
from imgcls.datasets.info import DatasetInfo
from imgcls.datasets.lookup import describe_custom, facts, names
from imgcls.datasets.preparing.fetch import cancel_fetch, fetch_state, start_fetch
from imgcls.datasets.preparing.prepare import prepare
from imgcls.datasets.splitting.multilabel import stratified_holdout
from imgcls.datasets.splitting.stratified import split, split_counts
from imgcls.datasets.splitting.training_split import training_split
from imgcls.datasets.store import Dataset, dataset_stamp, how_to_get, is_available, is_ready, open_dataset, stored_bytes
from imgcls.datasets.store.edits import NO_CLASS, Edits
from imgcls.datasets.store.edits import read as read_edits

__all__ = [
    "NOTE_LENGTH",
    "NO_CLASS",
    "TITLE_LENGTH",
    "CustomDataset",
    "Dataset",
    "DatasetInfo",
    "Edits",
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
    "skipped_file",
    "split",
    "split_counts",
    "start_fetch",
    "stored_bytes",
    "stratified_holdout",
    "training_split",
    "undo",
    "undo_all",
]
