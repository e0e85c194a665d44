"""The images that a source lists, and the rules that all sources share: which files are read, enough images."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from imgcls.datasets.importing import class_names
from imgcls.datasets.importing.skipped import SkippedFiles
from imgcls.datasets.importing.sources import pickles
from imgcls.errors import SourceError
from imgcls.images.files.checks import EXTENSIONS

IMAGES = tuple(f".{extension}" for extension in EXTENSIONS)
TOO_DEEP = "in an archive nested too deeply: unpack the archive around it first"
NOT_READ = "an archive next to the images"
INNER = "in an archive within the archive: unpack it first"
ARRAYS = "in a file of arrays, which is only read without images next to it"
NO_DATA = {
    "in an unsupported image format: convert to JPEG": (
        ".svg .raw .dng .cr2 .cr3 .nef .arw .raf .rw2 .orf .pef .psd .xcf .jp2 .j2k .jpx .jxl .tga .pcx .exr .hdr"
    ),
    "in a video format: extract frames as images": ".mp4 .mov .avi .mkv .webm .mpg .mpeg .wmv .m4v .3gp",
    "in a medical or microscope format: export as PNG or TIFF": (
        ".dcm .dicom .nii .nii.gz .mha .mhd .nrrd .svs .ndpi .mrxs .scn .czi .lif .nd2 .oib .vsi .fits"
    ),
    INNER: ".zip .tar .gz .tgz .bz2 .7z .rar",
    TOO_DEEP: "",
    NOT_READ: "",
    "in a spreadsheet: save it as CSV UTF-8": ".xlsx .xls .ods .numbers",
    ARRAYS: ".npy .npz .h5 .hdf5 .mat .parquet .arrow .feather",
    "in a TFRecord, LMDB or RecordIO file: export the images as files": ".tfrecord .tfrec .tfrecords .lmdb .mdb .rec",
}
"""Why files that may hold images or labels are skipped, with their extensions."""
_WHY = {ending: why for why, endings in NO_DATA.items() for ending in endings.split()}
SPLITS = {
    "train": (
        "train training trainings trainval learn entrenamiento treino treinamento entrainement entraînement "
        "apprentissage addestramento eğitim обучение обучающая тренировочная 训练 训练集 訓練 訓練集 学習 훈련 학습"
    ),
    "test": (
        "test testing tests holdout unseen eval evaluation prueba pruebas teste тест тестовая 测试 测试集 測試 測試集 "
        "テスト 테스트"
    ),
    "val": (
        "val valid validation validate dev validacion validación validação validierungs convalida валидация проверка "
        "验证 验证集 驗證 驗證集 検証 검증 doğrulama"
    ),
}
PARTS = {word: part for part, words in SPLITS.items() for word in words.split()}
"""What a folder, a field of a table or the name of a list calls a part of a dataset, in several languages."""
MAX_CLASSES = 1000
MIN_IMAGES = 3
MOST_COUNTED = 3
"""Classes with too few images that a message names."""
"""Images per class: two for training and one for testing. Two if the source has a test set."""

CLUTTER_FILES = frozenset(("thumbs.db", "desktop.ini", "icon\r", "ehthumbs.db"))
CLUTTER_FOLDERS = frozenset(
    ("__macosx", "@eadir", "$recycle.bin", "system volume information", "lost+found", "__pycache__")
)

FEWEST = 2 * MIN_IMAGES
"""Images of the smallest dataset: fewer next to files of arrays are a cover or a thumbnail."""
BESIDE_ARRAYS = "an image next to a file that holds the dataset"

SYSTEM = "system files (such as .DS_Store)"
NO_IMAGE = "not an image, judging by the file extension"
NO_EXTENSION = "without a file extension (images need one, such as .jpg; export DICOM as PNG)"
_TEXTS = frozenset(("readme", "license", "licence", "copying", "notice", "authors", "changelog", "makefile", "version"))
_DOCUMENTS = (".md", ".rst", ".pdf", ".bib", ".cff", ".html")
_SHARD = re.compile(r"-\d{5}-of-\d{5}$")


Box = tuple[float, float, float, float]
"""Left, top, right, bottom: in pixels, or as fractions of the image if none of them is larger than 1."""


class OneClassError(SourceError):
    """All images have the same class."""


@dataclass(frozen=True, slots=True)
class Item:
    """An image to import."""

    name: str  # its relative path, to show; never used to open a file
    label: str | tuple[str, ...]  # the class; for multi-label images all labels
    part: str = ""  # "train", "test", or "" if not split yet
    key: Any = None  # how its source finds it
    group: str = ""  # images of one group, such as a patient, stay in the same split
    box: Box | None = None  # the part of the image to use, or None for all of it

    @property
    def labels(self) -> tuple[str, ...]:
        return (self.label,) if isinstance(self.label, str) else self.label


def is_clutter(parts: list[str]) -> bool:
    """Whether a path is a file that operating systems, editors or file servers leave behind."""
    return parts[-1].startswith(".") or parts[-1].casefold() in CLUTTER_FILES or any(map(_holds_clutter, parts[:-1]))


@lru_cache(10_000)
def _holds_clutter(folder: str) -> bool:
    return folder.startswith(".") or folder.casefold() in CLUTTER_FOLDERS


def image_files(paths: Iterable[tuple[str, Any]], skipped: SkippedFiles) -> list[tuple[str, list[str], Any]]:
    """(path, its components, key) of files with an image extension; other files go to `skipped`."""
    found = []
    for path, key in paths:
        parts = [part for part in path.split("/") if part not in ("", ".")]
        if not parts or is_clutter(parts):
            skipped.add(SYSTEM, path)
        elif parts[-1].casefold().endswith(IMAGES):
            found.append((path, parts, key))
        elif parts[-1].casefold().endswith(pickles.SUFFIXES):
            skipped.add(pickles.SKIPPED, path)
        else:
            skipped.add(_why_skipped(parts[-1].casefold()), path)
    return found


def count_images(paths: Iterable[tuple[str, Any]]) -> int:
    """The number of files with an image extension that no operating system left behind."""
    return sum(path.lower().endswith(IMAGES) and not is_clutter(path.split("/")) for path, _ in paths)


def why_unread(file: str) -> str:
    """Why a file with this name is not read; "" if its name does not say."""
    why = _why_skipped(file.casefold())
    return why if why in NO_DATA and why not in (INNER, ARRAYS) else ""


def is_document(path: str) -> bool:
    """Whether a file is only read by people, such as README.txt or LICENSE, so that nothing is lost without it."""
    file = path.rpartition("/")[2].casefold()
    return file.endswith(_DOCUMENTS) or re.split(r"[\W_]", file, maxsplit=1)[0] in _TEXTS


def _why_skipped(file: str) -> str:
    """The reason by the last two extensions of a file, or the last one."""
    file = _SHARD.sub("", file)
    if "." not in file and file not in _TEXTS:
        return NO_EXTENSION
    last = file.rpartition(".")[2]
    before = file.removesuffix(f".{last}").rpartition(".")[2]
    return _WHY.get(f".{before}.{last}") or _WHY.get(f".{last}", NO_IMAGE)


def usable_classes(counts: Counter, skipped: SkippedFiles) -> set[str]:
    """The classes with enough images, from counts by (class, part). Images of the others go to `skipped`.

    Raises:
        SourceError: fewer than two remain, or there are too many.
    """
    labels = {label for label, _ in counts}
    has_test = any(part == "test" for _, part in counts)
    if len(labels) > MAX_CLASSES:
        raise SourceError(
            f"There are {len(labels):,} classes. Expected at most {MAX_CLASSES:,}. Check whether every folder (or "
            "every value of the label column) is a class."
        )
    usable = set()
    for label in labels:
        training = counts[label, "train"] + counts[label, ""]
        if training >= (MIN_IMAGES - 1 if has_test else MIN_IMAGES):
            usable.add(label)
        else:
            reason = "in a class with too few images (at least two for training and one for testing)"
            skipped.add(reason, label, training + counts[label, "test"])
    if len(usable) < 2:
        least = MIN_IMAGES - 1 if has_test else MIN_IMAGES
        kind = "training images" if has_test else "images"
        if has_test and not any(counts[label, "train"] + counts[label, ""] for label in labels):
            raise SourceError(
                f"All {counts.total():,} images are test images, so there are none to train on. Add a training set, or "
                "remove the column or the folders that mark them as test images: 20% are then held out for the test."
            )
        lacking = _counted(counts, sorted(labels - usable))
        there = f"class {class_names.short(min(labels))}" if len(labels) == 1 else f"{len(labels)} classes"
        raise (OneClassError if len(labels) == 1 else SourceError)(
            f"Found {there} with images, but {'only one' if usable else 'none'} with enough of them"
            f"{lacking and f': {lacking}'}. Expected at least two classes with at least {least} {kind} "
            f"each. Add {kind}{_or_other_split(counts) if has_test else ''} and try again."
        )
    return usable


def _or_other_split(counts: Counter) -> str:
    """The other way out, if there are enough images and only the split of the source leaves too few for training."""
    totals: Counter = Counter()
    for (label, _), count in counts.items():
        totals[label] += count
    enough = sum(count >= MIN_IMAGES for count in totals.values()) > 1
    return ", or remove what marks test images, so that 20% of each class are held out," if enough else ""


def _counted(counts: Counter, labels: list[str]) -> str:
    """The first of these classes with the number of their images: "'oak' has 1 training and 2 test images"."""
    texts = []
    for label in labels[:MOST_COUNTED]:
        training, test = counts[label, "train"] + counts[label, ""], counts[label, "test"]
        has = f"{training} training and {test} test images" if test else f"{training} image{'s' * (training != 1)}"
        texts.append(f"{class_names.short(label)} has {has}")
    more = len(labels) - len(texts)
    return ", ".join(texts) + (f", and {more:,} more have too few" if more else "")
