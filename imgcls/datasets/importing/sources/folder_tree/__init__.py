"""The class, part and group of each image, from the folders it is in.

folder_names    what the name of a folder suggests
roles           which folders are splits, groups, containers or companions, judged with their neighbours
levels          which of the remaining levels holds the classes; asks if the names allow several readings
ambiguities     questions about folders that look like something else
file_names      the class in the file name, if no folder is one
listed_images   images with a label in a table, next to class folders
likeness        whether images with the same name in several folders look alike
synsets         names of ImageNet's synsets
altered_copies  images whose names say that they are versions of one image
series          images whose names say that they show the same patient, sign or video
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from imgcls.datasets.importing.class_names import short
from imgcls.datasets.importing.findings import Findings
from imgcls.datasets.importing.sources.containers import Files
from imgcls.datasets.importing.sources.folder_tree import (
    altered_copies,
    ambiguities,
    file_names,
    folder_names,
    levels,
    likeness,
    synsets,
)
from imgcls.datasets.importing.sources.folder_tree.roles import Entry, Row, classes_beside_splits, rows
from imgcls.datasets.importing.sources.items import Item
from imgcls.datasets.importing.sources.spelling import merge_spellings
from imgcls.datasets.importing.sources.tables import class_lists
from imgcls.errors import SourceError

NO_CLASS = "outside the class folders, so without a class"
OTHER_CLASSES = "in a test folder whose classes do not occur in training"
MASK = "a mask of the image with the same name"
MASKS = ("_mask", "_mask_1", "_mask_2", "_segmentation", "_seg", "_gt")
EXPECTED = (
    "Expected one folder per class (inside the train and test folders, if there are any), the class in the file name "
    "(ship_0001.jpg), or a CSV table of file names and labels."
)


@dataclass(frozen=True, slots=True)
class Assigned:
    """What an import makes of an image: its class ("" if none), its part and its group."""

    label: str = ""
    part: str = ""
    group: str = ""


def to_items(entries: Iterable[Entry], files: Files, findings: Findings) -> list[Item]:
    """Images with their classes, parts and groups.

    Raises:
        SourceError: fewer than two classes remain, there are too many, or nothing says what the classes are.
    """
    entries = _without_masks(list(entries), findings)
    row_of = rows(entries)
    kept = ambiguities.of_one_fold([row for row in row_of.values() if not row.skip], findings)
    chosen = {row.folders for row in kept}
    assigned = _assigned(kept, [entry for entry in entries if entry.folders in chosen], files, findings)
    found: list[tuple[Entry, Assigned]] = []
    for entry in entries:
        if entry.folders not in chosen:
            findings.skipped.add(row_of[entry.folders].skip or ambiguities.OTHER_FOLD, entry.name)
        elif (one := assigned(entry)).label:
            found.append((entry, one))
        else:
            findings.skipped.add(NO_CLASS, entry.name)
    found = _with_versions(_with_usable_splits(found, findings), row_of, findings)
    part = _parts({one.part for _, one in found}, findings)
    shown = _names({one.label for _, one in found}, files, findings)
    has_groups = len({one.group.strip().casefold() for _, one in found}) > 1
    items = [
        Item(
            entry.name,
            shown.get(one.label, one.label),
            part[one.part],
            entry.key,
            one.group if has_groups else "",
        )
        for entry, one in found
    ]
    return merge_spellings(items, findings)


def _names(labels: set[str], files: Files, findings: Findings) -> dict[str, str]:
    """The names of synsets and of numbered classes, if a file gives them."""
    if found := synsets.names(files, labels):
        return found
    found, source = class_lists.of_files(files)(labels)
    if not found or ("0" in found and found.keys() != labels):  # folders may count from 1, and a list from 0
        return {}
    findings.notes.append(class_lists.note(source))
    findings.used.add(source)
    return found


def _with_usable_splits(found: list[tuple[Entry, Assigned]], findings: Findings) -> list[tuple[Entry, Assigned]]:
    """Without parts if those for training and testing have no class in common."""
    of_part: dict[str, set[str]] = defaultdict(set)
    for _, one in found:
        of_part[one.part].add(one.label)
    answer = ambiguities.of_different_classes(of_part, findings)
    if not answer:
        return found
    kept = []
    for entry, one in found:
        if answer == ambiguities.TRAINING and one.part != "train":
            findings.skipped.add(OTHER_CLASSES, entry.name)
        else:
            kept.append((entry, replace(one, part="")))
    return kept


def _with_versions(
    found: list[tuple[Entry, Assigned]], row_of: dict[tuple[str, ...], Row], findings: Findings
) -> list[tuple[Entry, Assigned]]:
    """With versions of an image, which have its name in other folders, as a group: `128/oak/1.jpg`, `256/oak/1.jpg`."""
    there: dict[tuple[str, str], set[tuple[str, ...]]] = defaultdict(set)  # class and stem -> folders
    for entry, one in found:
        if row_of[entry.folders].is_version:
            there[one.label.casefold(), entry.file.rpartition(".")[0].casefold()].add(entry.folders)
    stems = [
        altered_copies.version_of(entry, one.label.casefold(), there) if row_of[entry.folders].is_version else ""
        for entry, one in found
    ]
    keys = [
        (one.label.casefold(), stem.casefold()) if stem else None for (_, one), stem in zip(found, stems, strict=True)
    ]
    counts = Counter(keys)
    repeated = sum(count for key, count in counts.items() if key and count > 1)
    if not repeated or repeated < sum(key is not None for key in keys) / 2 or any(one.group for _, one in found):
        return found
    findings.notes.append("Images with the same name are versions of one image, so they stay in the same split.")
    return [
        (entry, replace(one, group=levels.JOINT.join((one.label, stem))) if stem else one)
        for (entry, one), stem in zip(found, stems, strict=True)
    ]


def _without_masks(entries: list[Entry], findings: Findings) -> list[Entry]:
    """Without `x_mask.png` next to `x.png`."""
    stems = [entry.file.rpartition(".")[0].casefold() for entry in entries]
    if not any(stem.endswith(MASKS) for stem in stems):
        return entries
    there = {(entry.folders, stem) for entry, stem in zip(entries, stems, strict=True)}
    kept = []
    for entry, stem in zip(entries, stems, strict=True):
        if any(stem.endswith(end) and (entry.folders, stem.removesuffix(end)) in there for end in MASKS):
            findings.skipped.add(MASK, entry.name)
        else:
            kept.append(entry)
    return kept


def _assigned(kept: list[Row], entries: list[Entry], files: Files, findings: Findings) -> Callable[[Entry], Assigned]:
    """A function that assigns an image: by its folders, else by its file name."""
    words = _words(kept)
    classes: set[str] = set()
    if words:
        images: Counter[tuple[str, ...]] = Counter()
        for row in kept:
            if row.folders in words:
                images[words[row.folders]] += row.images
        way = levels.reading(images, findings)
        classes = {label for found in words.values() if (label := way.label(found))}
        if len(classes) > 1:
            names = file_names.in_all_folders(entries)
            alike = likeness.of_names(entries, files) if names == file_names.DIGITS else None
            if names and ambiguities.are_file_names_classes(classes, names, entries[0], alike, findings):
                parts = {row.folders: row.part for row in kept}
                return lambda entry: Assigned(file_names.stem(entry.file), parts[entry.folders], entry.folders[-1])
            by_folder = _by_folder(kept, words, way, ambiguities.reading(classes, findings), findings)
            return lambda entry: by_folder.get(entry.folders, Assigned())
    row_of = {row.folders: row for row in kept}
    learned = [entry.file for entry in entries if row_of[entry.folders].part in ("", "train")]
    if by_file := file_names.reader(learned, findings):
        return _by_file_name(entries, row_of, by_file, findings)
    if classes and not all(map(folder_names.is_doubtful, classes)):
        only = next(iter(classes))
        there = sum(row.images for row in kept if way.label(words.get(row.folders, ())) == only)
        raise SourceError(
            f"Found class {short(only)} with images, but only one with enough of them: {there:,} images are in that "
            f"folder, and their names say no class. {EXPECTED}"
        )
    innermost = {row.folders[-1] for row in kept if row.folders}
    if not classes and (names := file_names.in_all_folders(entries)):  # folders of persons with an image per class
        alike = likeness.of_names(entries, files)
        if ambiguities.are_file_names_classes(innermost, names, entries[0], alike, findings, are_groups=True):
            parts = {row.folders: row.part for row in kept}
            return lambda entry: Assigned(file_names.stem(entry.file), parts[entry.folders], entry.folders[-1])
        return lambda entry: Assigned(entry.folders[-1])
    if len(innermost) < 2 or ambiguities.are_splits(innermost):
        places = ", ".join(map(short, sorted(innermost)[:4]))
        where = f"in {places}" if places else "not in folders"
        raise SourceError(f"Nothing says what the classes are: the {len(entries):,} images are {where}. {EXPECTED}")
    ambiguities.confirm(innermost, findings)
    return lambda entry: Assigned(entry.folders[-1] if entry.folders else "")


def _words(kept: list[Row]) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Folders -> those of them that may be the class."""
    in_folders = [row for row in kept if row.words]
    nested = [row for row in in_folders if len(row.words) > 1]
    if nested and all(folder_names.split_of(row.words[0])[0] for row in in_folders if len(row.words) == 1):
        in_folders = nested  # the others are unlabelled, such as `test` next to a folder with all classes
    counts: Counter[tuple[str, ...]] = Counter()
    for row in in_folders:
        counts[row.words] += row.images
    short_of = levels.without_common(counts)
    return {row.folders: short_of[row.words] for row in in_folders if short_of[row.words]}


def _by_folder(
    kept: list[Row],
    words: dict[tuple[str, ...], tuple[str, ...]],
    way: levels.Reading,
    read: ambiguities.Reading,
    findings: Findings,
) -> dict[tuple[str, ...], Assigned]:
    """Folders -> class, part and group: the outermost folder that is named like a group, or numbered.

    If none is, but the same classes are in several outer folders, such as `anna` and `ben`, the user may say so.
    """
    labelled = [(row, label) for row in kept if row.folders in words and (label := way.label(words[row.folders]))]
    others = {row.folders: way.others(words[row.folders]) for row, _ in labelled}
    numbered: dict[tuple[bool, int], set[str]] = defaultdict(set)
    for sides in others.values():
        for is_inside, names in zip((False, True), sides, strict=True):
            for place, name in enumerate(names):
                numbered[is_inside, place].add(name)
    grouping = {
        place
        for place, names in numbered.items()
        if (folder_names.are_identifiers(names, certain=not place[0]) or folder_names.are_codes(names))
        and not folder_names.are_numbered_containers(names)
    }
    if not grouping and not any(row.group for row, _ in labelled):
        outer: dict[str, set[str]] = defaultdict(set)
        for row, label in labelled:
            if row.part != "test" and (names := others[row.folders][0]):
                outer[label].add(names[0])
        if {label for _, label in labelled} == outer.keys() and ambiguities.are_outer_folders_groups(outer, findings):
            grouping = {(False, 0)}
    found = {}
    for row, name in labelled:
        outside, inside = (
            [folder for place, folder in enumerate(names) if (is_inside, place) in grouping]
            for is_inside, names in zip((False, True), others[row.folders], strict=True)
        )
        label, group = read(name)
        groups = [*outside, *row.group, *([group] if group else []), *inside]
        found[row.folders] = Assigned(label, row.part, groups[0] if groups else "")
    return found


def _by_file_name(
    entries: list[Entry], row_of: dict[tuple[str, ...], Row], label: Callable[[str], str], findings: Findings
) -> Callable[[Entry], Assigned]:
    """Assigns by file names, which may hold a split (`train_cat_1.jpg`) or a group as well."""
    named = {entry.file: name for entry in entries if (name := label(entry.file))}
    splits = {name: folder_names.split_of(name) for name in set(named.values())}
    classes = classes_beside_splits(splits)
    read = None if classes else ambiguities.reading(splits, findings)

    def assigned(entry: Entry) -> Assigned:
        name, row = named.get(entry.file, ""), row_of[entry.folders]
        if not name:
            return Assigned()
        if read is None:
            return Assigned(classes[name], splits[name][0], row.group[0] if row.group else "")
        found, group = read(name)
        return Assigned(found, row.part, row.group[0] if row.group else group)

    entry, example = next((entry, one.label) for entry in entries if (one := assigned(entry)).label)
    findings.notes.append(f"There are no class folders, so file names give the class: {entry.file} is “{example}”.")
    return assigned


def _parts(there: set[str], findings: Findings) -> dict[str, str]:
    """Part of a folder -> part of its images: each run makes its own validation set, and a part alone is none."""
    has_splits = len(there - {""}) > 1
    part = {name: name if has_splits else "" for name in ("", "train", "test", "val")}
    if has_splits and "val" in there:
        part["val"] = "train" if "test" in there else "test"
        purpose = "testing" if part["val"] == "test" else "training; each run makes its own validation split"
        findings.notes.append(f"The images in the validation folder are used for {purpose}.")
    return part
