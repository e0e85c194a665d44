"""The file names and groups of a run's test images, `test_images.npz`: stored with the run, as the dataset may change.

names, name_offsets           the file names, see `datasets.store.records.Texts`; missing if there are none
groups                        int32 (n, 2), see `datasets.store.records.Records`; missing if there are none
group_names, group_offsets    the names of the groups
"""

import numpy as np

from imgcls.datasets.store.records import PARTS, Records, Texts
from imgcls.errors import DamagedFile
from imgcls.runs.run import Run
from imgcls.system import atomic
from imgcls.system.arrays import INTEGERS, Array, read_npz

NAME = "test_images.npz"
TEST = PARTS[1]


def write(run: Run, records: Records) -> None:
    """Stores those of the test part; removes the file if there are none."""
    path = run.folder / NAME
    arrays: dict[str, np.ndarray] = {}
    if TEST in records.names:
        names = Texts.of(records.names[TEST])
        arrays |= {"names": names.content, "name_offsets": names.offsets}
    if TEST in records.groups:
        group_names = Texts.of(records.group_names)
        arrays |= {
            "groups": np.asarray(records.groups[TEST]),
            "group_names": group_names.content,
            "group_offsets": group_names.offsets,
        }
    if not arrays:
        path.unlink(missing_ok=True)
        return
    with atomic.replacing(path) as aside:
        np.savez_compressed(aside, **arrays)  # type: ignore[arg-type]  # no array is called allow_pickle


def read(run: Run, count: int) -> Records:
    """Those of `count` test images. Empty if there are none or the file is damaged: scores do not depend on it."""
    spec = {
        "names": Array("u", ("bytes",), np.uint8, is_optional=True),
        "name_offsets": Array("u", (count + 1,), np.uint64, is_optional=True),
        "groups": Array(INTEGERS, (count, 2), np.int32, is_optional=True),
        "group_names": Array("u", ("bytes of groups",), np.uint8, is_optional=True),
        "group_offsets": Array("u", ("groups",), np.uint64, is_optional=True),
    }
    try:
        stored = read_npz(run.folder / NAME, spec)
        names = Texts(stored["names"], stored["name_offsets"]) if "names" in stored else None
        found = Records({TEST: names} if names is not None and names.is_sound else {})
        if "groups" in stored:
            group_names = Texts(stored["group_names"], stored["group_offsets"])
            if group_names.is_sound and stored["groups"][:, 0].max(initial=-1) < len(group_names):
                return Records(found.names, {TEST: stored["groups"]}, list(group_names))
        return found
    except (DamagedFile, FileNotFoundError, KeyError):
        return Records()
