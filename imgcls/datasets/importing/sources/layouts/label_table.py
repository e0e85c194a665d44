"""A table of file names and labels inside the container: CSV, a list of words, JSON, or JSON lines.

train.csv, images/1.jpg                  Kaggle: id, label
train/_classes.csv, train/1.jpg          Roboflow: filename and a 0/1 column per label, one table per part
train/metadata.jsonl, train/1.jpg        Hugging Face: file_name relative to the table
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field

from imgcls.datasets.importing import class_names
from imgcls.datasets.importing.class_names import short
from imgcls.datasets.importing.findings import Findings, Option
from imgcls.datasets.importing.sources import folder_tree
from imgcls.datasets.importing.sources.containers import Files
from imgcls.datasets.importing.sources.folder_tree import folder_names, listed_images
from imgcls.datasets.importing.sources.items import IMAGES, Item, image_files, is_clutter
from imgcls.datasets.importing.sources.layouts import coco, createml, folders
from imgcls.datasets.importing.sources.tables import assign, class_lists, folder_rows, folds, reading
from imgcls.datasets.importing.sources.tables.column_names import part_of
from imgcls.datasets.importing.sources.tables.columns import meaning
from imgcls.datasets.importing.sources.tables.matching import FileIndex, images_of
from imgcls.datasets.importing.sources.tables.reading import Table
from imgcls.datasets.importing.sources.values import is_number
from imgcls.errors import ImageError, SourceError

ORDER = 50
TITLE = "A table of file names and labels"
TABLE_QUESTION, CLASSES_QUESTION = "table", "classes_from"
MAX_TABLES = 500
MIN_ROWS, MIN_FILES, MIN_NUMBERED = 0.5, 0.05, 0.3
"""A table lists the images if this fraction of its rows, and of all images, has a partner; and of all images if their
names in the table are bare numbers."""
COVERED = 0.9
"""If it lists so many of all images, other rows may name images that are not there: a part of a large download."""
MIN_DIGITS = 5
SHEETS = (".xlsx", ".xls", ".ods", ".numbers")
_NO_TABLES = ("submission", "readme", "license", "licence", "requirements")


@dataclass
class _Found:
    """The tables of a container that list its images, by header, or why one of them cannot be read."""

    index: FileIndex
    paths: list[str]
    groups: dict[tuple[str, ...], list[Table]] = field(default_factory=dict)
    read: set[str] = field(default_factory=set)  # paths of these tables
    error: SourceError | None = None
    remarks: list[str] = field(default_factory=list)
    of_folders: bool = False  # whether a table has a row per folder
    listing: list[tuple[str, Table]] = field(
        default_factory=list
    )  # all tables that list images, also those without labels


def recognises(files: Files) -> bool:
    found = _look_into(files)
    return bool(found.groups or found.error)


def remarks(files: Files) -> list[str]:
    """Tables that name other images than those of the container, or no classes, and spreadsheets."""
    sheets = [short(path) for path, _ in files.entries if path.casefold().endswith(SHEETS)]
    unread = [f"{', '.join(sheets[:3])} cannot be read: save it as CSV UTF-8."] if sheets else []
    return [*_look_into(files).remarks, *unread]


def to_items(files: Files, findings: Findings) -> list[Item]:
    """The images with the classes of the table.

    Raises:
        SourceError: a row is wrong or unclear, or fewer than two classes remain; the message names the row.
    """
    found = _look_into(files)
    if not found.groups:
        assert found.error is not None
        raise found.error
    tables = folds.of_one_fold(_chosen(list(found.groups.values()), findings), findings)
    others = [entry for entry in files.entries if entry[0] not in found.read]
    shadow = Findings(findings.answers)
    names = class_lists.of_files(files)
    try:
        items = assign.to_items(tables, found.index, found.paths, shadow, names, folds.parts(tables))
    except SourceError:
        findings.questions += shadow.questions  # another answer may do
        raise
    if whole := _with_folders(items, tables, files, findings):
        findings.questions[:0] = shadow.questions
        return whole
    default = "table" if _is_certain(tables, items) else ""
    are_named = found.of_folders and not folder_names.are_identifiers({item.group for item in items})
    if are_named:
        default = ""  # the folders may as well be the classes
    if (are_named or _disagree(items)) and _ask_where(items, found.paths, findings, default) == "folders":
        return folders.to_items(files, findings)
    image_files(others, findings.skipped)
    findings.notes.append(f"Labels are read from {', '.join(table.name for table in tables[:3])}.")
    findings.include(shadow)
    return items


def _with_folders(
    items: Sequence[Item], tables: Sequence[Table], files: Files, findings: Findings
) -> list[Item] | None:
    """The images of the tables and those in class folders, if the tables only list images without such a folder."""
    label_of = {item.name: item.label for item in items if isinstance(item.label, str) and item.box is None}
    shadow = Findings(findings.answers)
    entries = folders.entries(files, shadow) if len(label_of) == len(items) else []
    completed = listed_images.in_class_folders(entries, label_of)
    if completed is None or not entries:
        return None
    findings.skipped.include(shadow.skipped)
    source = ", ".join(table.name for table in tables[:3])
    findings.notes.append(
        f"The classes of {len(label_of):,} images are read from {source}, those of the others from their folders."
    )
    return folder_tree.to_items(completed, files, findings)


def no_classes(name: str) -> str:
    """The beginning of the remark on a table that lists images without their classes."""
    return f"{name} lists images, but no column that could hold classes"


def tables_of(files: Files) -> list[tuple[str, Table]]:
    """The paths of all tables that list images of the container, and the tables, whether they hold labels or not."""
    return _look_into(files).listing


@functools.lru_cache(maxsize=1)
def _look_into(files: Files) -> _Found:
    """The tables that list images of the container. Cached, because recognising and reading both need it."""
    images = images_of(files)
    stems = {path.rpartition(".")[0] for path, _, _ in images}
    candidates = _candidates(files, stems) if images else []
    found = _Found(FileIndex(images if candidates else []), [path for path, _, _ in images])
    listing = found.listing
    for path, key in candidates:
        folder, _, name = path.rpartition("/")
        try:
            table = reading.of_bytes(files.read(key, reading.MAX_BYTES), short(name), found.index.__contains__, folder)
            if _lists_images(table, found):
                listing.append((path, table))
            elif expanded := folder_rows.per_image(table, images):
                listing.append((path, expanded))
                found.of_folders = True
            elif example := _missing_image(table, found.index):
                found.remarks.append(f"{table.name} is not used, because the archive has no {short(example)}.")
        except ImageError:
            continue
        except SourceError as error:
            if found.error is None and _names_images(files.read(key, reading.MAX_BYTES), found.index):
                found.error = error
    are_in_folders = (
        len({_folder(path) for path in found.paths} - {""}) > 1
    )  # which are rather the classes than persons
    covered: dict[tuple[str, ...], int] = {}
    for header, group in folds.of_one_kind(listing, found.index).items():
        whole = assign.joined([table for _, table in group])  # a single one may have the images of one class
        place, paths = meaning.file_column(whole, found.index)
        if meaning.has_labels(whole, place, may_be_groups=not are_in_folders):
            covered[header] = len(set(paths))
            found.groups[header] = [table for _, table in group]
            group[0][1].notes[:] = dict.fromkeys(whole.notes)
            found.read.update(path for path, _ in group)
        else:
            what = ", ".join(filter(None, whole.header))
            found.remarks.append(f"{no_classes(whole.name)}{f' ({what[:100]})' if what else ''}.")
    found.groups = dict(sorted(found.groups.items(), key=lambda group: -covered[group[0]]))
    if found.error and found.groups:  # a table that cannot be read may hold the labels that count
        found.groups.clear()
    return found


def _candidates(files: Files, stems: set[str]) -> list[tuple[str, object]]:
    found = []
    detections = coco.documents(files).keys() | createml.documents(files).keys()
    for path, key in files.entries:
        name = path.rpartition("/")[2].casefold()
        if not name.endswith(reading.TABLES) or is_clutter(path.split("/")) or path.rpartition(".")[0] in stems:
            continue
        if path in detections:
            continue
        if not any(word in name for word in _NO_TABLES) and "imagesets" not in path.casefold():
            found.append((path, key))
    return sorted(found, key=lambda entry: (entry[0].count("/"), entry[0]))[:MAX_TABLES]


def _lists_images(table: Table, found: _Found) -> bool:
    """Whether a column names files, and enough of them.

    Bare numbers may mean something else, so they must name a larger part of the files.
    """
    if table.width < 2 or not table.rows:
        return False
    place, paths = meaning.file_column(table, found.index)
    names = {row[place] for _, row in table.rows[: meaning.SAMPLE]}
    is_sure = not all(map(is_number, names))
    least = (MIN_FILES if is_sure else MIN_NUMBERED) * min(len(found.paths), meaning.SAMPLE)
    rows = min(len(table.rows), meaning.SAMPLE)
    is_part = is_sure and len(set(paths)) >= COVERED * len(found.paths)  # of what the table lists
    return (is_part or len(paths) >= MIN_ROWS * rows) and len(set(paths)) >= max(2, least)


def _missing_image(table: Table, index: FileIndex) -> str:
    """The first image that a table names, if none of those in a column of names of images is in the container."""
    for place in range(table.width):
        names = [row[place] for _, row in table.rows[: meaning.SAMPLE]]
        if (
            names
            and all(name.casefold().endswith(IMAGES) for name in names)
            and not any(map(index.__contains__, names))
        ):
            return names[0]
    return ""


def _names_images(data: bytes, index: FileIndex) -> bool:
    """Whether the first lines of a damaged table have fields that are files of the container; short numbers may not."""
    lines = data[:20_000].decode("utf-8", "replace").splitlines()[1:30]
    cells = [
        [cell.strip().strip('"') for cell in line.replace(";", ",").replace("\t", ",").split(",")] for line in lines
    ]
    return (
        sum(any(("." in cell or len(cell) >= MIN_DIGITS) and cell in index for cell in row) for row in cells)
        > 0.5 * len(lines)
        > 0
    )


def _chosen(groups: list[list[Table]], findings: Findings) -> list[Table]:
    """The tables to read: those with the same header that hold labels, after asking if there are several."""
    if len(groups) == 1:
        return groups[0]
    options = []
    for number, tables in enumerate(groups):
        names = ", ".join(table.name.strip("'") for table in tables[:3])
        rows = sum(len(table.rows) for table in tables)
        header = ", ".join(name[:30] for name in tables[0].header[:6] if name)
        options.append(Option(str(number + 1), names[:100], f"{rows:,} rows{header and f', columns {header}'}"))
    clear = [number for number, tables in enumerate(groups) if meaning.clearly_named(tables[0], range(tables[0].width))]
    default = options[clear[0]].value if len(clear) == 1 else ""
    answer = findings.ask(TABLE_QUESTION, "Which table holds the labels?", options, default)
    return groups[int(answer) - 1]


def _is_certain(tables: Sequence[Table], items: Sequence[Item]) -> bool:
    """Whether labels are rather those of a table than folders: its column has a clear name, or it has one per label.

    Values that only count something, such as the numbers of leaves or patients, are no classes.
    """
    whole = tables[0]
    labels = {label for item in items for label in item.labels}
    is_named = bool(meaning.clearly_named(whole, range(whole.width)))
    is_several = any(not isinstance(item.label, str) for item in items)
    return (is_named or is_several) and not folder_names.are_identifiers(labels, certain=True)


def _disagree(items: Sequence[Item]) -> bool:
    """Whether images lie in folders that could be other classes: no folder per class, and no division into parts."""
    folder_of = [_folder(item.name) for item in items]
    labels: dict[str, set] = {}
    for folder, item in zip(folder_of, items, strict=True):
        labels.setdefault(folder, set()).add(item.label)
    counts = [folder_of.count(folder) for folder in list(labels)[:50]]
    return (
        2 <= len(labels) <= 200 and "" not in labels and min(counts) >= 3 and any(len(of) > 1 for of in labels.values())
    )


def _folder(path: str) -> str:
    """The folder of a file that could be its class, or "" if it names a part or says nothing."""
    parts = [part for part in path.split("/")[:-1] if not part_of(part)]
    usual = ("images", "image", "img", "imgs", "jpg", "jpeg", "png", "data", "photos", "pictures", "files")
    return parts[-1] if parts and parts[-1].casefold() not in usual else ""


def _ask_where(items: Sequence[Item], paths: Sequence[str], findings: Findings, default: str) -> str:
    labels = sorted(
        {label for item in items for label in ([item.label] if isinstance(item.label, str) else item.label)}
    )
    names = sorted({_folder(path) for path in paths} - {""}, key=class_names.sort_key)
    options = [
        Option("table", "From the table", _listed(labels)),
        Option("folders", "From the folders", _listed(names)),
    ]
    return findings.ask(CLASSES_QUESTION, "Where do the classes come from?", options, default)


def _listed(names: Sequence[str]) -> str:
    return f"{len(names):,} classes: {', '.join(name[:40] for name in names[:6])}{', …' if len(names) > 6 else ''}"
