"""Own pictures become a data set: from an archive, a table, a folder, or one picture after the other.

    sources     what somebody brought, as one stream of pictures with their classes
    archive     the door for zip archives         layout     classes by folder
    table       pixels in a CSV                   listing    file names and labels in a CSV
    several     several labels a picture
    folders     folders of this machine           basket     single pictures, and shots of a webcam
    preview     a first look                      decoding   from bytes to pixels of one size
    division    which pictures are for the test   store      arrays, written as a stream
    work        the import itself                 orders     imports on their way, as pages see them
    drawings    kept one by one, without an import

The import runs in a process of its own, `python -m imgcls.datasets.importing`; nothing of it is visible until it is whole.
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
