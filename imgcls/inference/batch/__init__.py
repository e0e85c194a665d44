"""Many images at once.

classification  the answer for each image, and the results as CSV and JSON
files           image files that a command line names: files, folders, patterns and zip archives
submission      the file that Kaggle's Digit Recognizer expects
"""

from imgcls.inference.batch.classification import (
    COLUMNS,
    MOST,
    STEP,
    Item,
    Result,
    as_json,
    classified,
    csv_head,
    csv_row,
    entries,
    is_zip,
    of_files,
    to_csv,
    to_json,
)

__all__ = [
    "COLUMNS",
    "MOST",
    "STEP",
    "Item",
    "Result",
    "as_json",
    "classified",
    "csv_head",
    "csv_row",
    "entries",
    "is_zip",
    "of_files",
    "to_csv",
    "to_json",
]
