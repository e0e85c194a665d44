"""Archives as Windows makes them, and images that compress well: neither is an attack."""

import io
import zipfile

import pytest
from PIL import Image

from imgcls import datasets
from imgcls.datasets import importing
from imgcls.datasets.importing import ImportRequest
from imgcls.errors import SourceError
from tests.support.uploads import archive, image, imported, leaves, visible


def with_backslashes(path, files: dict[str, bytes]) -> ImportRequest:
    return archive(path, {name.replace("/", "\\"): data for name, data in files.items()})


def test_backslashes_separate_folders(tmp_path):
    files = leaves(before="pets/train_set/") | leaves(count=2, before="pets/test_set/", first=50)
    files["pets/empty/"] = b""
    name = imported(with_backslashes(tmp_path / "leaves.zip", files))
    assert datasets.facts(name).classes == ("birch", "oak")
    assert datasets.custom_dataset(name).counts == (10, 4)
    assert datasets.custom_dataset(name).skipped == ()


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ("..\\..\\oak\\1.png", "points outside the archive"),
        ("\\oak\\1.png", "has an absolute path"),
        ("\\\\server\\oak\\1.png", "has an absolute path"),
        ("D:\\oak\\1.png", "has an absolute path"),
    ],
)
def test_the_usual_checks_apply_to_backslashes(entry, why, tmp_path):
    order = archive(tmp_path / "leaves.zip", leaves() | {entry: image(1)})
    with pytest.raises(SourceError, match=why):
        importing.make_preview(order)


def scan(seed: int) -> bytes:
    """A white page of 2 megapixels with a small mark, as an uncompressed bitmap."""
    page = Image.new("L", (1000, 2000), 255)
    page.paste(20 * seed, (300, 900, 700, 1000))
    file = io.BytesIO()
    page.save(file, "BMP")
    return file.getvalue()


def test_nearly_white_scans_are_imported_however_well_they_compress(tmp_path):
    files = {
        f"{label}/{number}.bmp": scan(6 * place + number) for place, label in enumerate("ab") for number in range(4)
    }
    order = archive(tmp_path / "scans.zip", files)
    with zipfile.ZipFile(order.path) as packed:
        assert all(info.file_size > 250 * info.compress_size for info in packed.infolist())
    assert sum(datasets.custom_dataset(imported(order)).counts) == 8


def test_an_import_is_stopped_at_its_time_limit_and_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setenv("IMGCLS_IMPORT_MINUTES", "0.000001")
    order = archive(tmp_path / "leaves.zip", leaves())
    with pytest.raises(SourceError, match=r"stopped after 1e-06 minutes.*Nothing was imported.*IMGCLS_IMPORT_MINUTES"):
        imported(order)
    assert visible() == []
