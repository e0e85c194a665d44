"""The same images give the same probabilities in the app and in every way that a model leaves it."""

import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import imgcls
from imgcls import runs
from imgcls.api.settings import Settings
from imgcls.export import bundle, exporting, formats
from imgcls.export.bundle import snippet
from imgcls.inference import answer
from imgcls.inference.predictor import Predictor
from imgcls.inference.preparing import prepare
from imgcls.system import hardware, paths
from tests.support.api import TOKEN, ApiServer
from tests.support.exporting.exports import quick_conversion as quick_conversion
from tests.support.exporting.offline_pages import write_page

MODELS = ("digits", "fashion", "cifar10")
COUNT = 200
CONVERT = """
import sys
from pathlib import Path
import keras
from imgcls.training.export.converter import KerasConverter
for name in sys.argv[2:]:
    converter = KerasConverter(keras.models.load_model(f"saved_models/{name}/model.keras", compile=False))
    converter.onnx(Path(sys.argv[1], f"{name}.onnx"))
    converter.litert(Path(sys.argv[1], f"{name}.tflite"))
"""


@pytest.fixture(scope="module")
def model_files(tmp_path_factory) -> Path:
    """A folder with the ONNX and the LiteRT file of each shipped model, converted in a process of their own."""
    pytest.importorskip("tf2onnx", reason="the extra onnx is not installed")
    folder = tmp_path_factory.mktemp("models")
    command = [sys.executable, "-c", CONVERT, str(folder), *MODELS]
    done = subprocess.run(
        command, cwd=paths.repository_folder(), capture_output=True, text=True, timeout=400, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return folder


@pytest.fixture
def shipped(own_folders):
    """`shipped("digits")` is a copy of a shipped run in the test's runs folder."""

    def add(name: str) -> runs.Run:
        target = paths.runs_folder() / name
        shutil.copytree(paths.repository_folder() / "saved_models" / name, target)
        return runs.Run(target)

    return add


@pytest.fixture
def image_files(tmp_path):
    """`image_files(run)` are test images of a run as PNG files."""

    def write(run: runs.Run) -> list[Path]:
        with np.load(run.folder / "gallery.npz") as stored:
            images = stored["pictures"][:COUNT]
        files = []
        for number, image in enumerate(images):
            files.append(tmp_path / f"{number:03}.png")
            Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image).save(files[-1])
        return files

    return write


@pytest.mark.parametrize("name", MODELS)
def test_all_seven_ways_give_the_same_probabilities(
    name, shipped, image_files, model_files, quick_conversion, tmp_path
):
    run = shipped(name)
    files, card = image_files(run), run.card
    in_the_app = np.array([answer(run, file).probabilities for file in files])
    prepared = np.stack([prepare(file, card).pixels for file in files])

    found = {
        "predict.py": _by_script(run, files, tmp_path),
        "ONNX Runtime": _as_in_the_readme("onnxruntime", name, model_files, prepared),
        "LiteRT": _as_in_the_readme("ai_edge_litert", name, model_files, prepared),
        "REST": _over_http(run, files),
        "Python": _in_python(run, files),
    }
    with formats.find("html").load(write_page(run, tmp_path)) as page:
        found["HTML"] = page.probabilities(prepared)

    assert len(in_the_app) == COUNT
    for way, probabilities in found.items():
        assert probabilities.shape == in_the_app.shape, way
        assert np.abs(probabilities - in_the_app).max() < 1e-5, way


@pytest.mark.parametrize("name", MODELS)
def test_where_the_8_bit_model_answers_all_ways_of_the_app_use_it(name, shipped, image_files, tmp_path, monkeypatch):
    run = shipped(name)
    files, card = image_files(run), run.card
    prepared = np.stack([prepare(file, card).pixels for file in files])
    exact = Predictor(run.folder / "model.tflite").probabilities(prepared)
    monkeypatch.setenv("IMGCLS_QUANTISED", "1")
    monkeypatch.setattr(hardware, "multiplies_bytes", lambda: True)
    in_the_app = np.array([answer(run, file).probabilities for file in files])
    assert np.abs(in_the_app - exact).max() > 1e-5  # it does answer
    for way, probabilities in {"REST": _over_http(run, files), "Python": _in_python(run, files)}.items():
        assert np.abs(probabilities - in_the_app).max() < 1e-5, way
    with formats.find("html").load(write_page(run, tmp_path, "served.tflite")) as page:
        in_html = page.probabilities(prepared)
    for found in (in_the_app, in_html):  # the stored images begin with errors and close calls
        assert np.abs(found - exact).max() < 0.1
        assert (found.argmax(1) == exact.argmax(1)).mean() >= 0.97


@pytest.mark.parametrize(("name", "suffix"), [("keras", ".keras"), ("onnx", ".onnx"), ("litert", ".tflite")])
def test_the_lines_beside_a_download_run_as_they_are(name, suffix, shipped, model_files, tmp_path):
    run = shipped("cifar10")
    with np.load(run.folder / "gallery.npz") as stored:
        pixels = stored["pictures"][0]
    Image.fromarray(pixels).save(tmp_path / "image.png")
    source = run.folder / "model.keras" if suffix == ".keras" else model_files / f"cifar10{suffix}"
    shutil.copyfile(source, tmp_path / f"mine{suffix}")

    code = snippet.python(name, f"mine{suffix}", run.card)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=200, check=True
    )
    probabilities = Predictor(run.folder / "model.tflite").probabilities(pixels[None])[0]
    expected = str(round(float(probabilities.max()), 3))
    assert done.stdout.split() == [run.card.classes[probabilities.argmax()], expected]


def _as_in_the_readme(package: str, name: str, folder: Path, prepared: np.ndarray) -> np.ndarray:
    """What the README's three lines for this package return, in a process that cannot import this one."""
    readme = (paths.repository_folder() / "README.md").read_text("utf-8")
    (code,) = [block for block in re.findall(r"```python\n(.*?)```", readme, re.DOTALL) if package in block]
    *lines, last = code.replace("digits.", f"{name}.").splitlines()
    head = "import sys, numpy; sys.modules['imgcls'] = None; images = numpy.load('images.npy')"
    np.save(folder / "images.npy", prepared)
    program = "\n".join([head, *lines, "numpy.save('found.npy', (", last, "))"])
    subprocess.run([sys.executable, "-I", "-c", program], cwd=folder, capture_output=True, timeout=200, check=True)
    return np.load(folder / "found.npy")


def _by_script(run: runs.Run, files: list[Path], folder: Path) -> np.ndarray:
    """What the bundle's predict.py prints, in a process that cannot import this package."""
    exporting.make(run, ["litert"], lambda *_: None)
    with (folder / "bundle.zip").open("wb") as file:
        bundle.write(run, "litert", file)
    with zipfile.ZipFile(folder / "bundle.zip") as archive:
        archive.extractall(folder / "bundle")
    alone = "import runpy, sys; sys.modules['imgcls'] = None; sys.path.insert(0, '.'); sys.argv.pop(0); "
    done = subprocess.run(
        [
            sys.executable,
            "-I",
            "-c",
            f"{alone}runpy.run_path('predict.py', run_name='__main__')",
            "-",
            *map(str, files),
        ],
        cwd=folder / "bundle",
        capture_output=True,
        text=True,
        timeout=200,
        check=True,
    )
    return np.array([list(json.loads(line)["probabilities"].values()) for line in done.stdout.splitlines()])


def _over_http(run: runs.Run, files: list[Path]) -> np.ndarray:
    server = ApiServer(Settings(token=TOKEN))
    try:
        reply = server.post_files(f"models/{run.id}/predict", [(file.name, file.read_bytes()) for file in files])
    finally:
        server.close()
    assert reply.status == 200, reply.body[:500]
    return np.array([_listed(entry["probabilities"]) for entry in reply.json["images"]])


def _in_python(run: runs.Run, files: list[Path]) -> np.ndarray:
    return np.array([_listed(one.probabilities) for one in imgcls.load_run(run.id).predict(files)])


def _listed(probabilities) -> list[float]:
    return list(probabilities.values() if isinstance(probabilities, dict) else probabilities)
