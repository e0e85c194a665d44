"""Images with a label in a table, next to others in folders of their classes, such as those for testing.

train/oak/1.jpg, test/1.jpg         test.csv: 1.jpg,oak
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from imgcls.datasets.importing.class_names import merge_key
from imgcls.datasets.importing.sources.folder_tree.roles import Entry


def in_class_folders(entries: Sequence[Entry], label_of: Mapping[str, str]) -> list[Entry] | None:
    """All images, those with a label (by path) as if they were in a folder of that name.

    None unless the other images are in folders, among which are those of all labels, but none of the listed images.
    """
    theirs, others = (
        {merge_key(entry.folders[-1]) for entry in entries if entry.folders and (entry.name in label_of) == is_listed}
        for is_listed in (True, False)
    )
    if not set(map(merge_key, label_of.values())) <= others or theirs & others:
        return None
    return [
        replace(entry, folders=(*entry.folders, label_of[entry.name])) if entry.name in label_of else entry
        for entry in entries
    ]
