"""Names of columns that say what they hold, in the form of `normal`."""

import re
from collections.abc import Collection

from imgcls.datasets.importing.sources.items import PARTS


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FILES = (
    {"file", "filename", "filepath", "filepaths", "image", "imageid", "imagename", "imagepath", "img", "path"},
    {"name", "id"},
)
LABELS = (
    {"label", "labels", "class", "classes", "classname", "classlabel", "category", "target", "y", "tag", "tags"}
    | {"categoryname", "labelname", "findinglabels", "choice", "choices", "tagname", "displayname", "classtitle"},
    {
        "dx",
        "diagnosis",
        "diagnostic",
        "disease",
        "species",
        "breed",
        "emotion",
        "digit",
        "letter",
        "character",
        "genre",
    },
)
"""The clearest names first."""
SPLITS = {"split", "part", "set", "subset", "partition", "usage", "dataset", "purpose"}
NO_LABELS = {"partition", "split", "splitid", "splitindex", "usage", "mluse"}
"""Columns of splits, even if their values are numbers that do not say which."""
GROUPS = _words(
    "patient patientid proband subj subject subjectid participant participantid person personid individual "
    "individualid animalid donor donorid writer writerid author specimen specimenid slide slideid lesion lesionid "
    "caseid studyid group groupid plant plantid leaf leafid treeid plot plotid locationid sceneid video videoid clipid "
    "burst sequence sequenceid seqid session sessionid fold foldid"
)
SPLIT_VALUES = PARTS | {"publictest": "val", "privatetest": "test", "tr": "train", "te": "test", "hold-out": "test"}
PERSONS = _words("patient proband subj subject participant person individual animal donor writer author")
"""Parts of names of groups that count more than others, which may repeat for each person, such as sessions."""
_NUMBERED = re.compile(r"^(id|no|nr)(?=\w)|(?<=\w)(id|no|nr|num|number|nummer|code|name|uid)$")
_SET = re.compile(r"[\s_-]*(set|split|data)$")


def normal(name: str) -> str:
    """The name of a column, to compare: `Image ID`, `image_id` and `imageId` are `imageid`."""
    return re.sub(r"[\W_]+", "", name.casefold())


def is_called(name: str, names: Collection[str]) -> bool:
    """Whether a column has one of these names, or the key of a nested value: `metadata.class-name` is `classname`."""
    return normal(name) in names or normal(name.rpartition(".")[2]) in names


def is_group(name: str) -> bool:
    """Whether a column is called like a group, perhaps with a word for its number: `Patient No.`, `ID_Patient`."""
    plain = normal(name)
    bare = _NUMBERED.sub("", plain)
    return is_called(name, GROUPS) or (bare != plain and (bare in GROUPS or f"{bare}id" in GROUPS))


def part_of(field: str) -> str:
    """The part that a field names: "train", "val", "test", or "" if it names none. `Training set` is "train"."""
    word = _SET.sub("", field.strip().casefold())
    return SPLIT_VALUES.get(word, "")


def part_in(path: str) -> str:
    """The part that a word in a path names, or "": `instances_train2017.json`, `trainLabels.csv` -> "train"."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", path)
    words = re.split(r"[\W_\d]+", spaced.casefold())
    return next((part for part in map(part_of, words) if part), "")


def folder_part(path: str) -> str:
    """The part that a folder of a path names, or "". Numbers may follow, as in `train-00001`, a shard."""
    return next((part for folder in path.split("/")[:-1] if (part := _part_of_folder(folder))), "")


def _part_of_folder(folder: str) -> str:
    words = [word for word in re.split(r"[\W_\d]+", folder) if word]
    return part_of(words[0]) if len(words) == 1 else ""
