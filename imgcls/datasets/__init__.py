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
    _own        sets that people made of their own pictures (made by imgcls/imports)

Opening a prepared data set needs NumPy only; whatever decodes or downloads runs in a process of its own.
"""

from imgcls.datasets._facts import DatasetFacts, facts, names
from imgcls.datasets._fetch import FetchState, cancel_fetch, fetch_state, start_fetch
from imgcls.datasets._own import NOTE_LENGTH, TITLE_LENGTH, Own, is_own, own
from imgcls.datasets._own import delete as delete_own
from imgcls.datasets._own import describe as describe_own
from imgcls.datasets._prepare import prepare
from imgcls.datasets._prepared import Dataset, card_stamp, how_to_get, is_available, is_ready, open_dataset
from imgcls.datasets._split import split, split_counts

__all__ = [
    "NOTE_LENGTH",
    "TITLE_LENGTH",
    "Dataset",
    "DatasetFacts",
    "FetchState",
    "Own",
    "cancel_fetch",
    "card_stamp",
    "delete_own",
    "describe_own",
    "facts",
    "fetch_state",
    "how_to_get",
    "is_available",
    "is_own",
    "is_ready",
    "names",
    "open_dataset",
    "own",
    "prepare",
    "split",
    "split_counts",
    "start_fetch",
]
