"""The user's own images become a custom dataset: from an archive, a CSV table, a folder, or image by image.

    sources/        each kind of source, read as one stream of images with their classes
    findings        what is skipped or unclear in a source, and questions to the user
    skipped         files that are skipped, by reason
    class_names     display and compare untrusted names
    preview         inspect a source before the import
    pipeline        the import itself
    pixels/         from the bytes of images to arrays of one size
    splits/         class and split of each image; a test set if the source has none
    dataset_writer  write and publish the arrays
    execution/      imports that run in this process, or that a page starts and watches
    time_limit      how long an import may take
    drawings        the dataset "My drawings", which grows drawing by drawing

Imports run in a separate process, `python -m imgcls.datasets.importing`; a dataset appears only once it is complete.
"""

from imgcls.datasets.importing.pipeline import SIDES, ImportSettings, import_files
from imgcls.datasets.importing.preview import Preview, make_preview
from imgcls.datasets.importing.sources import ImportRequest, from_root, of_file

__all__ = [
    "SIDES",
    "ImportRequest",
    "ImportSettings",
    "Preview",
    "from_root",
    "import_files",
    "make_preview",
    "of_file",
]
