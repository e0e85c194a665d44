"""A bad model file is refused with one clear sentence, by a process with limits, and none of its code is executed."""

import io
from pathlib import Path

import h5py
import numpy as np
import pytest

from imgcls.errors import RunError
from imgcls.evaluation.model_import import inspection
from imgcls.inference import imported_models
from imgcls.inference.sandbox import runner
from imgcls.inference.sandbox.client import LimitReached, Sandbox
from tests.support import foreign_models
from tests.support.foreign_models import keras_archive, layer, sequential, weights_file

SHIPPED = Path(__file__).parents[3] / "saved_models" / "digits"


def silent(fraction, text):
    """Ignores progress."""


def refusal(path: Path, content: bytes | None = None) -> str:
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RunError) as caught:
        inspection.inspect(path, path.name, silent)
    text = str(caught.value)
    assert text.endswith(".") and len(text) < 400 and "\n" not in text and "Traceback" not in text
    return text


def test_the_limits_are_one_gigabyte_and_twenty_seconds():
    assert imported_models.MEMORY <= 1_000_000_000
    assert inspection.OPEN_SECONDS + inspection.TRY_SECONDS < 20
    assert inspection.CPU_SECONDS <= 20


@pytest.mark.parametrize("is_large", [False, True])
def test_only_its_user_allows_a_keras_file_more_time_and_memory(tmp_path, monkeypatch, is_large):
    class Watched(Sandbox):
        def __init__(self, module, memory):
            limits.append(memory)
            super().__init__(module, memory)

        def ask(self, request, content, seconds, cpu_seconds=None):
            limits.append(cpu_seconds)
            raise LimitReached("It takes too long.")

    limits = []
    monkeypatch.setattr(inspection, "Sandbox", Watched)
    path = tmp_path / "large.keras"
    path.write_bytes((SHIPPED / "model.keras").read_bytes() + bytes(3_000_000))  # its size gains nothing
    with pytest.raises(RunError) as caught:
        inspection.inspect(path, path.name, silent, is_large=is_large)
    assert limits == ([2_500_000_000, 180] if is_large else [1_000_000_000, 20])
    assert (inspection.NEEDS_MORE in str(caught.value)) == (not is_large)


def test_cpu_time_is_limited_apart_from_the_time_on_a_busy_machine():
    with Sandbox(runner.MODULE, imported_models.MEMORY) as sandbox:
        sandbox.ask({"do": "open", "format": "onnx"}, foreign_models.endless_onnx(), 60)
        image = np.zeros((1, 1, 2, 2), np.float32)
        request = {"do": "run", "shape": list(image.shape), "dtype": "float32"}
        with pytest.raises(RunError, match="needs more CPU time than the sandbox allows"):
            sandbox.ask(request, image.tobytes(), 120, cpu_seconds=0.5)


def test_an_endless_loop_is_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(inspection, "TRY_SECONDS", 1.0)
    assert "did not finish within 1 s" in refusal(tmp_path / "loop.onnx", foreign_models.endless_onnx())


def test_a_tensor_of_forty_gigabytes_is_not_allocated(tmp_path):
    assert "memory" in refusal(tmp_path / "huge.onnx", foreign_models.huge_onnx())


def test_weights_in_other_files_are_not_read(tmp_path):
    text = refusal(tmp_path / "outside.onnx", foreign_models.onnx_with_outside_weights())
    assert text.startswith("The weights of this ONNX model are in another file.")


@pytest.mark.parametrize("name", ["model.tflite", "model.keras"])
def test_a_truncated_model_file_is_damaged(tmp_path, name):
    content = (SHIPPED / name).read_bytes()
    text = refusal(tmp_path / name, content[: len(content) // 2])
    assert "damaged" in text or "cannot be run" in text


def test_a_truncated_onnx_file_is_damaged(tmp_path):
    content = foreign_models.linear_onnx([1, 8, 8], np.zeros((64, 10)), np.zeros(10))
    assert "damaged or incomplete" in refusal(tmp_path / "half.onnx", content[: len(content) // 2])


def test_a_damaged_litert_model_may_crash_its_process_but_not_this_one(tmp_path):
    content = bytearray((SHIPPED / "model.tflite").read_bytes())
    for position in range(100, len(content), 997):
        content[position] ^= 0xFF
    refusal(tmp_path / "flipped.tflite", bytes(content))


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("model.onnx", (SHIPPED / "model.tflite").read_bytes(), "contains a LiteRT (.tflite) model"),
        ("model.tflite", (SHIPPED / "model.keras").read_bytes(), "contains a zip archive, as .keras files are"),
        ("model.tflite", b"a shopping list", "This is not a LiteRT (.tflite) model"),
        ("model.onnx", b"a shopping list", "This is not an ONNX model"),
        ("model.keras", b"a shopping list", "The .keras file is damaged or incomplete."),
        ("model.h5", b"\x89HDF\r\n\x1a\n", "This is a legacy Keras file (.h5), which can hold code."),
        ("model.pkl", b"cos\nsystem\n(S'true'\ntR.", "is not a model that can be imported."),
        ("model.onnx", b"", "The file is empty."),
    ],
)
def test_a_file_of_another_type_is_named(tmp_path, name, content, expected):
    assert expected in refusal(tmp_path / name, content)


def test_code_in_a_lambda_layer_is_never_run(tmp_path):
    mark = tmp_path / "mark"
    code = {"class_name": "__lambda__", "config": {"code": f"open({str(mark)!r}, 'w')"}}
    path = keras_archive(tmp_path / "lambda.keras", sequential(layer("Lambda", function=code)))
    assert "has a Lambda layer, which is program code" in refusal(path)
    assert not mark.exists()


def test_a_zip_bomb_is_not_unpacked(tmp_path):
    path = keras_archive(tmp_path / "bomb.keras", b" " * 60_000_000)
    assert path.stat().st_size < 400_000
    assert "unpacks to more than 8 MB" in refusal(path)


def test_four_hundred_large_layers_in_a_small_file_are_refused(tmp_path):
    side = 4096
    described = [layer("Dense", units=side, name=f"dense_{number}") for number in range(400)]
    names = ["dense", *(f"dense_{number}" for number in range(1, 400))]
    weights = weights_file({f"layers/{name}/vars/0": (side, side) for name in names})
    path = keras_archive(tmp_path / "layers.keras", sequential(*described, shape=(side,)), weights)
    assert path.stat().st_size < 900_000
    assert "take more than 400 MB in memory" in refusal(path)


def test_weights_must_match_the_layers(tmp_path):
    config = sequential(layer("Flatten"), layer("Dense", units=1_000_000, name="dense"))
    path = keras_archive(tmp_path / "model.keras", config, weights_file({"layers/dense/vars/0": np.zeros((64, 3))}))
    assert "are missing or do not fit it" in refusal(path)


def test_weights_may_not_link_to_other_files(tmp_path):
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        file["layers"] = h5py.ExternalLink("/etc/passwd", "/")
    path = keras_archive(tmp_path / "link.keras", sequential(layer("Flatten")), content.getvalue())
    assert "link to other files" in refusal(path)


@pytest.mark.parametrize(
    ("shape", "width", "expected"),
    [
        ([5, 8, 8], 10, "not that of an image with 1 or 3 channels"),
        ([3, 5000, 5000], 10, "1024 × 1024 pixels"),
    ],
)
def test_a_model_that_takes_no_images_is_refused(tmp_path, shape, width, expected):
    from onnx import helper

    nodes = [helper.make_node("GlobalAveragePool", ["x"], ["pooled"]), helper.make_node("Flatten", ["pooled"], ["y"])]
    path = tmp_path / "other.onnx"
    assert expected in refusal(path, foreign_models.onnx_model(nodes, shape, width, {}))


def test_a_missing_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(inspection, "find_spec", lambda package: None)
    with pytest.raises(RunError, match=r'pip install "imgcls\[onnx\]"'):
        inspection.inspect(SHIPPED / "model.tflite", "model.onnx", silent)


def test_no_process_or_folder_is_left_behind(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    refusal(keras_archive(tmp_path / "model.keras", sequential(layer("Lambda"))))
    assert [one.name for one in tmp_path.iterdir()] == ["model.keras"]
