"""Arrays of images: NumPy's .npz and .npy, and IDX files, in the shapes and value ranges that people save."""

import gzip
import io
import struct

import numpy as np
import pytest

from imgcls import datasets
from imgcls.datasets import importing
from imgcls.datasets.importing.sources import opened
from imgcls.errors import SourceError
from imgcls.images.files.decoding import from_array
from tests.support.importing.label_tables import counts, questions, rows_of, zipped
from tests.support.uploads import imported, smooth

PIXELS = smooth(30, side=28)
GREY = PIXELS[..., 0]
RGBA = np.concatenate([PIXELS, np.full((30, 28, 28, 1), 255, np.uint8)], 3)
LABELS = np.arange(30) % 3
THREE = {str(number): (0, 0, 10) for number in range(3)}


def saved(folder, name: str = "data.npz", **arrays) -> importing.ImportRequest:
    np.savez(folder / name, **arrays)
    return importing.of_file(folder / name)


def pixels_of(request) -> np.ndarray:
    with opened(request) as source:
        return np.stack([from_array(pixels).pixels for *_, pixels in source.table.rows()])


def npy(array) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


# ---- groups


@pytest.mark.parametrize("name", ["groups", "subject", "patient_ids", "Writer"])
def test_an_array_says_which_images_belong_together(name, tmp_path):
    request = saved(tmp_path, x=PIXELS, y=LABELS, **{name: np.arange(30) // 3})
    preview = importing.make_preview(request)
    assert (preview.groups, preview.group_example) == (10, "'0'")
    assert any(f"“{name}” stay in the same split" in note for note in preview.notes)
    data = datasets.open_dataset(imported(request))
    train, test = (set(data.records.groups[part][:, 0].tolist()) for part in ("train", "test"))
    assert len(train | test) == 10 and not train & test


def test_an_array_of_another_length_gives_no_groups(tmp_path):
    assert importing.make_preview(saved(tmp_path, x=PIXELS, y=LABELS, groups=np.arange(29))).groups == 0


# ---- pixels


def test_white_ink_on_transparency_stays_visible_and_the_background_is_reported(tmp_path):
    ink = np.zeros((30, 28, 28, 4), np.uint8)
    ink[..., :3] = 255
    for place in range(30):
        ink[place, 4 : 8 + place % 15, 4 : 8 + place // 3, 3] = 255
    request = saved(tmp_path, x=ink, y=LABELS)
    note = "Transparent areas filled with black"
    assert any(line.startswith(note) for line in importing.make_preview(request).notes)
    name = imported(request)
    assert (datasets.open_dataset(name).x_train[:, 0] == 0).all()
    assert f"{note}: 30 images." in datasets.custom_dataset(name).notes


def test_cropping_and_enlarging_arrays_is_offered_and_reported(tmp_path):
    wide = saved(tmp_path, x=smooth(30, side=40)[:, :30], y=LABELS)
    preview = importing.make_preview(wide)
    assert (preview.square, preview.typical_size) == (False, "40×30")
    notes = datasets.custom_dataset(imported(wide, side=32)).notes
    assert {"Cropped to the square in the centre: 30 images.", "Enlarged to 32 pixels: 30 images."} <= set(notes)


# ---- names


@pytest.mark.parametrize(
    "names",
    [("x", "y"), ("X", "Y"), ("images", "labels"), ("data", "target"), ("arr_0", "arr_1"),
     ("train_images", "train_labels"), ("X_train", "y_train")],
)  # fmt: skip
def test_images_and_labels_are_found_by_name(names, tmp_path):
    request = saved(tmp_path, **{names[0]: PIXELS, names[1]: LABELS})
    assert counts(importing.make_preview(request)) == THREE
    assert np.array_equal(pixels_of(request), PIXELS)


def test_the_split_names_of_keras_and_medmnist_are_recognised(tmp_path):
    keras = saved(tmp_path, x_train=PIXELS, y_train=LABELS, x_test=PIXELS[:6], y_test=LABELS[:6])
    assert counts(importing.make_preview(keras)) == {str(number): (10, 2, 0) for number in range(3)}
    parts = {f"{part}_images": PIXELS[:count] for part, count in (("train", 30), ("val", 9), ("test", 6))}
    parts |= {f"{part}_labels": LABELS[:count, None] for part, count in (("train", 30), ("val", 9), ("test", 6))}
    medmnist = importing.make_preview(saved(tmp_path, "pathmnist.npz", **parts))
    assert counts(medmnist) == {str(number): (13, 2, 0) for number in range(3)}
    assert any("validation images are used for training" in note for note in medmnist.notes)


def test_an_npz_file_is_stored_unchanged(tmp_path):
    request = saved(tmp_path, x_train=PIXELS, y_train=LABELS, x_test=PIXELS[:6] // 2, y_test=LABELS[:6])
    data = datasets.open_dataset(imported(request, side=28))
    assert np.array_equal(data.x_train, PIXELS) and data.y_train.tolist() == LABELS.tolist()
    assert np.array_equal(data.x_test, PIXELS[:6] // 2)


def test_class_names_in_the_file_are_used(tmp_path):
    request = saved(tmp_path, x=PIXELS, y=LABELS, class_names=np.array(["cat", "dog", "owl"]))
    assert list(counts(importing.make_preview(request))) == ["cat", "dog", "owl"]
    assert "label_array" not in questions(request)


def test_two_label_arrays_raise_a_question(tmp_path):
    arrays = {"x_train": PIXELS, "fine_labels": LABELS, "coarse_labels": LABELS % 2}
    request = saved(tmp_path, **arrays)
    question = questions(request)["label_array"]
    assert question.answer == "" and [option.label for option in question.options] == ["fine_labels", "coarse_labels"]


# ---- labels


@pytest.mark.parametrize(
    "labels",
    [LABELS[:, None], LABELS.astype(np.float32), LABELS.astype(np.uint8), np.eye(3)[LABELS], LABELS.astype("U1"),
     LABELS.astype("S1")],
    ids=["column", "float", "uint8", "one-hot", "text", "bytes"],
)  # fmt: skip
def test_labels_are_read_in_every_common_form(labels, tmp_path):
    assert counts(importing.make_preview(saved(tmp_path, x=PIXELS, y=labels))) == THREE


def test_rows_with_several_ones_are_multi_label(tmp_path):
    labels = np.eye(3, dtype=int)[LABELS]
    labels[:5] = 1
    preview = importing.make_preview(saved(tmp_path, x=PIXELS, y=labels))
    assert preview.multilabel_total == 30
    assert counts(preview) == {"0": (0, 0, 13), "1": (0, 0, 13), "2": (0, 0, 14)}


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (np.linspace(0, 1, 30), "holds values that are not classes, such as '0.0'"),
        (LABELS[:20], "holds 30 images, but there are 20 labels"),
        (np.full((30, 3), 0.3), "holds values that are not classes"),
        (np.arange(60).reshape(30, 2), r"has the shape \(30, 2\)"),
        (np.vstack([np.zeros(3), np.eye(3)[LABELS[1:]]]), "rows without a 1"),
    ],
)
def test_labels_that_are_not_classes_are_refused(labels, said, tmp_path):
    with pytest.raises(SourceError, match=said):
        importing.make_preview(saved(tmp_path, x=PIXELS, y=labels))


# ---- shapes and values


@pytest.mark.parametrize(
    ("stored", "expected", "note"),
    [
        (GREY, GREY[..., None], ""),
        (GREY[..., None], GREY[..., None], ""),
        (GREY.reshape(30, -1), GREY[..., None], ""),
        (PIXELS.transpose(0, 3, 1, 2), PIXELS, "the colours come first"),
        (GREY[:, None], GREY[..., None], "the colours come first"),
        (PIXELS.transpose(1, 2, 3, 0), PIXELS, "the last axis counts the images"),
        (PIXELS.reshape(30, -1), PIXELS, ""),
        (PIXELS.transpose(0, 3, 1, 2).reshape(30, -1), PIXELS, ""),
        (RGBA, PIXELS, ""),
        (RGBA.reshape(30, -1), PIXELS, ""),
        (PIXELS.astype(np.int64), PIXELS, ""),
        (PIXELS / np.float32(255), PIXELS, "multiplied by 255"),
        (PIXELS.astype(np.float64), PIXELS, ""),
        (PIXELS / np.float64(127.5) - 1, PIXELS, "-1 to 1"),
        (GREY > 127, np.where(GREY > 127, 255, 0)[..., None], "black and white"),
        ((GREY > 127).astype(np.uint8), np.where(GREY > 127, 255, 0)[..., None], "multiplied by 255"),
        (GREY.astype(np.uint16) * 257, GREY[..., None], "16 bits"),
        (GREY // 16, np.rint(GREY // 16 * 17)[..., None], "brightest value is 15"),
    ],
)
def test_arrays_are_read_in_every_common_layout(stored, expected, note, tmp_path):
    request = saved(tmp_path, x=stored, y=LABELS)
    assert np.abs(pixels_of(request).astype(int) - expected).max() <= 1
    notes = " ".join(importing.make_preview(request).notes)
    assert note in notes and (note or not notes)


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        ((PIXELS - PIXELS.mean()) / PIXELS.std(), "Expected brightness from 0 to 255, or from 0 to 1.*standardised"),
        (np.where(PIXELS > 250, np.nan, PIXELS), "NaN or infinite"),
        (PIXELS.astype(np.int32) - 300, "holds values from"),
        (np.zeros((30, 28, 28, 7)), r"has the shape \(30, 28, 28, 7\)"),
        (np.zeros((30, 101)), "101 values per image, which is not a square image"),
    ],
)
def test_arrays_that_are_not_images_are_refused(stored, said, tmp_path):
    with pytest.raises(SourceError, match=said):
        importing.make_preview(saved(tmp_path, x=stored, y=LABELS))


def test_training_and_test_images_share_one_scale(tmp_path):
    request = saved(tmp_path, x_train=PIXELS / 255, y_train=LABELS, x_test=PIXELS[:6] / 510, y_test=LABELS[:6])
    assert pixels_of(request)[30:].max() <= 128


# ---- what is refused


def test_pickled_objects_are_refused_with_the_reason(tmp_path):
    objects = np.array([{"a": 1}] * 30, dtype=object)
    with pytest.raises(SourceError, match="pickled Python objects, which can execute code"):
        importing.make_preview(saved(tmp_path, x=objects, y=LABELS))
    with pytest.raises(SourceError, match="pickled Python objects, which can execute code"):
        importing.make_preview(zipped(tmp_path, [], {"x.npy": npy(objects), "y.npy": npy(LABELS)}))


def test_a_damaged_npz_and_a_single_array_give_the_reason(tmp_path):
    whole = saved(tmp_path, x=PIXELS, y=LABELS)
    data = (tmp_path / "data.npz").read_bytes()
    (tmp_path / "data.npz").write_bytes(data[:-100])
    with pytest.raises(SourceError, match=r"is damaged, or is not a \.npz file"):
        importing.make_preview(whole)
    np.save(tmp_path / "x.npy", PIXELS)
    with pytest.raises(SourceError, match="a single array, so images without labels"):
        importing.make_preview(importing.of_file(tmp_path / "x.npy"))
    with pytest.raises(SourceError, match=r"has no arrays whose names say which are images.*“weights” \(3,\)"):
        importing.make_preview(saved(tmp_path, weights=np.zeros(3)))


# ---- containers


def test_npy_files_in_an_archive_are_read_like_an_npz_file(tmp_path):
    request = zipped(tmp_path, [], {"signs/X.npy": npy(PIXELS), "signs/Y.npy": npy(np.eye(3)[LABELS])})
    assert counts(importing.make_preview(request)) == THREE


def test_a_cover_next_to_arrays_is_skipped(tmp_path):
    request = zipped(tmp_path, ["cover.png"], {"x.npy": npy(PIXELS), "y.npy": npy(LABELS)})
    preview = importing.make_preview(request)
    assert counts(preview) == THREE
    assert [(row["reason"], row["first"]) for row in preview.skipped] == [
        ("an image next to a file that holds the dataset", ["cover.png"])
    ]


def test_an_array_without_labels_in_a_zip_archive_is_not_called_damaged(tmp_path):
    request = zipped(tmp_path, [], {"x.npy": npy(PIXELS), "labels.csv": "id,label\n1,cat\n"})
    with pytest.raises(SourceError, match="has no arrays whose names say which are images and which are labels"):
        importing.make_preview(request)


def test_one_array_per_class_gives_the_class_names(tmp_path):
    files = {f"full_numpy_bitmap_{label}.npy": npy(GREY[:10].reshape(10, -1)) for label in ("cat", "sun")}
    assert counts(importing.make_preview(zipped(tmp_path, [], files))) == {"cat": (0, 0, 10), "sun": (0, 0, 10)}


# ---- IDX


def idx(array: np.ndarray) -> bytes:
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.astype(np.uint8).tobytes()


MNIST = {
    "train-images-idx3-ubyte": idx(GREY),
    "train-labels-idx1-ubyte": idx(LABELS),
    "t10k-images-idx3-ubyte": idx(GREY[:9]),
    "t10k-labels-idx1-ubyte": idx(LABELS[:9]),
}


@pytest.mark.parametrize(
    "rename",
    [
        lambda name: name,
        lambda name: f"mnist/{name.replace('-idx', '.idx')}",
        lambda name: f"{name}.gz",
        lambda name: f"{name}/{name}",
    ],
    ids=["plain", "dots", "gz", "folders"],
)
def test_idx_files_are_read_from_an_archive(rename, tmp_path):
    files = {rename(name): gzip.compress(data) if ".gz" in rename(name) else data for name, data in MNIST.items()}
    request = zipped(tmp_path, [], files)
    assert counts(importing.make_preview(request)) == {str(number): (10, 3, 0) for number in range(3)}
    assert np.array_equal(pixels_of(request)[:30, ..., 0], GREY)


def test_idx_files_in_a_folder_are_read(tmp_path, monkeypatch):
    (tmp_path / "mnist").mkdir()
    for name, data in MNIST.items():
        (tmp_path / "mnist" / name).write_bytes(data)
    assert importing.make_preview(importing.of_file(tmp_path / "mnist")).total == 39


def test_emnist_is_rotated_upright_named_by_its_mapping_and_confirmed_by_the_user(tmp_path):
    files = {
        f"gzip/emnist-{subset}-{name.replace('t10k', 'test')}.gz": gzip.compress(data)
        for subset in ("letters", "digits")
        for name, data in MNIST.items()
    }
    files["gzip/emnist-letters-mapping.txt"] = "0 65 97\n1 66 98\n2 67 99\n"
    question = questions(zipped(tmp_path, [], files))["subset"]
    assert question.answer == "" and [option.value for option in question.options] == [
        "emnist-digits",
        "emnist-letters",
    ]
    request = zipped(tmp_path, [], files, subset="emnist-letters")
    assert list(counts(importing.make_preview(request))) == ["A/a", "B/b", "C/c"]
    assert np.array_equal(pixels_of(request)[0, ..., 0], GREY[0].T)


def test_unusable_idx_files_give_the_reason(tmp_path):
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx(GREY))
    with pytest.raises(SourceError, match=r"holds 30 images without labels\. Put it into one zip archive"):
        importing.make_preview(importing.of_file(tmp_path / "train-images-idx3-ubyte"))
    with pytest.raises(SourceError, match="no images with their labels"):
        importing.make_preview(zipped(tmp_path, [], {"train-images-idx3-ubyte": idx(GREY)}))
    cut = MNIST | {"train-images-idx3-ubyte": idx(GREY)[:-5]}
    with pytest.raises(SourceError, match="is incomplete: it declares 23,520 bytes of data, but has 23,515"):
        importing.make_preview(zipped(tmp_path, [], cut))
    huge = MNIST | {"train-images-idx3-ubyte": struct.pack(">HBB3I", 0, 8, 3, 2**31, 2**31, 2**31)}
    with pytest.raises(SourceError, match=r"declares .* GB"):
        importing.make_preview(zipped(tmp_path, [], huge))
    bad = MNIST | {"t10k-labels-idx1-ubyte": idx(LABELS[:8])}
    with pytest.raises(SourceError, match="holds 9 images, but there are 8 labels"):
        importing.make_preview(zipped(tmp_path, [], bad))


def test_rows_are_numbered_across_all_splits(tmp_path):
    with opened(zipped(tmp_path, [], MNIST)) as source:
        assert rows_of(source)["0", "train"] == 10
        assert [number for number, *_ in source.table.rows()] == list(range(1, 40))
