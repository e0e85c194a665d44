"""Folders are classes. Any container can be read this way, so this layout comes last.

oak/1.jpg                           class oak; enclosing folders do not matter
train/oak/1.jpg                     train, test and val(idation) anywhere in a name are parts, with the classes inside
oak/patient07/1.jpg                 folders of patients, plots, folds, videos or dates are groups
oak_1.jpg                           the class in the file name, if there are no class folders

`folder_tree` has the rules.
"""

from pathlib import PurePosixPath

from imgcls.datasets.importing.findings import Findings
from imgcls.datasets.importing.sources import folder_tree, pickles
from imgcls.datasets.importing.sources.containers import Files
from imgcls.datasets.importing.sources.folder_tree.roles import Entry
from imgcls.datasets.importing.sources.items import Item, image_files
from imgcls.errors import ImageError, SourceError
from imgcls.images.files.checks import FORMATS_TEXT

ORDER = 100
PEEKED = 5
"""Files without an extension whose content is examined if none is an image."""


def recognises(files: Files) -> bool:
    return True


def to_items(files: Files, findings: Findings) -> list[Item]:
    """Images with their classes, parts and groups. Other files are skipped.

    Raises:
        SourceError: fewer than two classes remain, there are too many, or nothing says what the classes are.
    """
    return folder_tree.to_items(entries(files, findings), files, findings)


def entries(files: Files, findings: Findings) -> list[Entry]:
    """The image files of a container. Raises SourceError if there are none."""
    found = [
        Entry(path, tuple(parts[:-1]), parts[-1], key)
        for path, parts, key in image_files(files.entries, findings.skipped)
    ]
    if found:
        return found
    if any(path == "[Content_Types].xml" for path, _ in files.entries):
        raise SourceError(
            f'{files.name} is an Office document. Save the sheet as "CSV UTF-8", and put it into a zip archive with '
            "the images, or add it as the label table of such an archive."
        )
    unnamed = [(path, key) for path, key in files.entries if not PurePosixPath(path).suffix]
    if any(pickles.is_pickle(path, _start(files, key)) for path, key in unnamed[:PEEKED]):
        raise pickles.refuse(files.name)
    raise SourceError(
        f"No images found in it{findings.skipped.summary()}. Expected one folder per class, containing "
        f"{FORMATS_TEXT} files."
    )


def _start(files: Files, key: object) -> bytes:
    try:
        return files.read(key)[:512]
    except ImageError:
        return b""
