"""Prepared datasets: what is stored, and how it is opened.

dataset  open a prepared dataset: memory-mapped arrays
records  file names and groups of the images
edits    excluded and relabelled training images, and their file
"""

from imgcls.datasets.store.dataset import (
    ARRAYS,
    FORMAT,
    Dataset,
    all_folder,
    arrays_of,
    dataset_stamp,
    folder_of,
    how_to_get,
    is_available,
    is_ready,
    open_dataset,
    provided_file,
    stamp,
    stored_bytes,
)

__all__ = [
    "ARRAYS",
    "FORMAT",
    "Dataset",
    "all_folder",
    "arrays_of",
    "dataset_stamp",
    "folder_of",
    "how_to_get",
    "is_available",
    "is_ready",
    "open_dataset",
    "provided_file",
    "stamp",
    "stored_bytes",
]
