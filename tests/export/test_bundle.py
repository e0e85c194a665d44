"""A bundle makes the same predictions as the app, without the app."""

import hashlib
import io
import json
import shutil
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from PIL import Image, ImageDraw

from imgcls import runs
from imgcls.errors import ImageError
from imgcls.export import bundle, exporting, formats, records
from imgcls.inference import answer
from tests.support.exporting.exports import quick_conversion as quick_conversion
from tests.support.pages import shipped

WITHOUT_IMGCLS = "import runpy, sys; sys.modules['imgcls'] = None; sys.path.insert(0, '.'); sys.argv.pop(0); {}"
RUN_IT = WITHOUT_IMGCLS.format("runpy.run_path('predict.py', run_name='__main__')")


def no_progress(fraction, text):
    """Ignores progress."""


def unpacked(run, name, folder):
    file = io.BytesIO()
    bundle.write(run, name, file)
    with zipfile.ZipFile(file) as archive:
        archive.extractall(folder)
    return folder


def predicted(folder, paths) -> list[dict]:
    """What predict.py prints, in a process that cannot import this package."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", RUN_IT, "predict.py", *map(str, paths)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def handwriting(seed: int, size: tuple[int, int]) -> Image.Image:
    """A few dark strokes on uneven light paper, or light ones on black."""
    random = np.random.default_rng(seed)
    width, height = size
    is_dark = seed % 3 > 0
    shade = np.linspace(170, 250, width)[None, :] if is_dark else np.zeros((1, width))
    paper = np.clip(shade + random.normal(0, 2, (height, width)), 0, 255).astype(np.uint8)
    picture = Image.fromarray(paper).convert("RGB")
    points = [tuple(point) for point in (random.uniform(0.25, 0.75, (4, 2)) * size).round().tolist()]
    ink = (30, 30, 60) if is_dark else (240, 240, 240)
    ImageDraw.Draw(picture).line(points, fill=ink, width=max(2, min(size) // 14), joint="curve")
    return picture


@pytest.fixture(scope="module")
def image_files(tmp_path_factory):
    """Files of all formats, sizes, modes and orientations, some of them unusable."""
    folder = tmp_path_factory.mktemp("images")
    sizes = [(28, 28), (40, 64), (200, 150), (900, 700), (1700, 1300)]
    paths = []
    for seed in range(40):
        picture = handwriting(seed, sizes[seed % len(sizes)])
        suffix = ("png", "jpg", "webp", "gif", "bmp")[seed % 5]
        path = folder / f"{seed:02}.{suffix}"
        options = {}
        if seed % 7 == 0 and suffix == "jpg":
            exif = Image.Exif()
            exif[0x0112] = 6
            options["exif"] = exif.tobytes()
        if seed % 4 == 1:
            picture = picture.convert("L")
        if suffix == "png" and seed % 2:
            picture = picture.convert("RGBA")
            picture.putalpha(Image.linear_gradient("L").resize(picture.size))
        picture.save(path, **options)
        paths.append(path)
    for name, content in (("text.png", b"no image"), ("empty.jpg", b""), ("cut.png", paths[0].read_bytes()[:80])):
        (folder / name).write_bytes(content)
        paths.append(folder / name)
    Image.new("RGB", (60, 60), "white").save(folder / "blank.png")
    return [*paths, folder / "blank.png"]


def sha256(path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("name", ["digits", "fashion", "cifar10"])
def test_the_script_predicts_the_same_as_the_app(name, image_files, quick_conversion, tmp_path):
    run = shipped(name)
    exporting.make(run, ["litert"], no_progress)
    assert records.read(run, "litert").problem == ""
    folder = unpacked(run, "litert", tmp_path / "bundle")

    found = predicted(folder, image_files)

    assert [row["file"] for row in found] == [str(path) for path in image_files]
    classified = 0
    for row, path in zip(found, image_files, strict=True):
        try:
            expected = answer(run, path)
        except ImageError as error:
            assert row["error"] == str(error)
            continue
        classified += 1
        assert row["prediction"] == expected.prediction
        assert np.abs(np.array(list(row["probabilities"].values())) - expected.probabilities).max() < 1e-5
    assert classified >= 30


def test_bundles_for_other_runtimes_predict_the_same(finished_run, image_files, tmp_path):
    exporting.make(finished_run, ["keras"], no_progress)
    folder = unpacked(finished_run, "keras", tmp_path / "bundle")
    for row, path in zip(predicted(folder, image_files[:4]), image_files, strict=False):
        expected = answer(finished_run, path)
        assert np.abs(np.array(list(row["probabilities"].values())) - expected.probabilities).max() < 1e-5


def test_the_model_card_lists_scores_limits_and_licences(finished_run, quick_conversion, tmp_path):
    finished_run.rename("A *small* run | <b> https://a.example")
    exporting.make(finished_run, ["litert"], no_progress)
    folder = unpacked(finished_run, "litert", tmp_path / "bundle")
    card = (folder / "README.md").read_text("utf-8")

    assert card.startswith(r"# A \*small\* run \| \<b\>")
    assert "a.example" in card and "https://a.example" not in card, "a name is no link"
    for heading in ("Use it", "Data", "Settings", "Scores on the test set", "Verification of this file", "Licences"):
        assert f"\n## {heading}\n" in card
    assert "CC BY 4.0" in card and "on 360 images" in card and "Temperature: " in card
    assert card.count("\n| 7 |") == 1
    assert "Identical predictions: 100.00%" in card
    assert (folder / "labels.txt").read_text().split() == list("0123456789")
    assert "ai-edge-litert ~= " in (folder / "requirements.txt").read_text()
    assert not [path for path in folder.rglob("*.py") if "import imgcls" in path.read_text("utf-8")]


def test_the_digests_are_those_of_the_files_in_the_bundle(finished_run, quick_conversion, tmp_path):
    exporting.make(finished_run, ["litert"], no_progress)
    folder = unpacked(finished_run, "litert", tmp_path / "bundle")

    found = json.loads((folder / "verification.json").read_text("utf-8"))
    assert found["sha256"] == sha256(folder / found["file"]) and found["file"] == "model.tflite"
    assert found["bytes"] == (folder / "model.tflite").stat().st_size
    assert found["model_keras_sha256"] == sha256(finished_run.folder / "model.keras")
    assert found["sha256_before_metadata"] == sha256(finished_run.folder / "model.tflite")

    lines = (folder / "SHA256SUMS").read_bytes().decode().splitlines()
    named = dict(reversed(line.split("  ", 1)) for line in lines)
    files = {path.relative_to(folder).as_posix(): sha256(path) for path in folder.rglob("*") if path.is_file()}
    assert named == {file: digest for file, digest in files.items() if file != "SHA256SUMS"}
    if command := shutil.which("sha256sum"):
        subprocess.run([command, "-c", "--strict", "--quiet", "SHA256SUMS"], cwd=folder, check=True)


def test_a_file_that_was_changed_after_its_verification_is_not_bundled(finished_run, quick_conversion):
    exporting.make(finished_run, ["litert"], no_progress)
    path = records.file_of(finished_run, "litert")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(runs.run.RunError, match="has changed since it was verified"):
        bundle.write(finished_run, "litert", io.BytesIO())


def test_the_script_without_an_image_says_how_it_is_used(finished_run, quick_conversion, tmp_path):
    exporting.make(finished_run, ["litert"], no_progress)
    folder = unpacked(finished_run, "litert", tmp_path / "bundle")
    done = subprocess.run(
        [sys.executable, "predict.py"], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr == "Usage: python predict.py IMAGE [IMAGE ...]\n"


def test_unverified_files_are_not_bundled(finished_run):
    with pytest.raises(runs.run.RunError, match="not been exported and verified"):
        bundle.write(finished_run, "litert", io.BytesIO())
    unsupported = {name for name in formats.names() if not bundle.supports(name)}
    assert unsupported == {"saved_model", "script", "notebook", "html", "coreml"}
