"""The user's own images become a custom dataset: from an archive, a CSV table, a folder, or image by image.

    sources/        each kind of source, read as one stream of images with their classes
    findings        what is skipped or unclear in a source, and questions to the user
    handwriting     whether a source is handwriting, with dark or light ink
    preview         inspect a source before the import
    pipeline        the import itself
    decode          image files to arrays of one size
    holdout         choose a test set if the source has none
    dataset_writer  write and publish the arrays
    class_names     display and compare untrusted names
    skipped         files that are skipped, by reason
    time_limit      how long an import may take
    job             an import that a page starts and watches
    execute         an import or a preview in this process
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
