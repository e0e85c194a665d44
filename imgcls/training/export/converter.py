"""Writes a Keras model in the basic file types, from which `imgcls.export.formats` makes its formats."""

import contextlib
import sys
import tempfile
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np
import tensorflow as tf

from imgcls import datasets
from imgcls.export.formats import Weights
from imgcls.system import atomic
from imgcls.training.export import activations, shipped_classifier

CALIBRATION_IMAGES = 200
"""Training images on which the ranges of activations are measured for int8. More change the result very little."""
OPSET = 17
"""The ONNX operator set: tf2onnx 1.17 writes up to 18, and 17 runs in ONNX Runtime 1.12 and later."""
MOST_AT_ONCE = 64
"""The largest batch of a Core ML file, whose sizes are bounded."""


class KerasConverter:
    """A model that takes uint8 images and returns probabilities. Implements `imgcls.export.formats.Converter`.

    `dataset` is the name of the dataset it was trained on.
    """

    def __init__(self, model: keras.Model, dataset: str = ""):
        self._model = model
        self._dataset = dataset

    def keras(self, path: Path) -> None:
        self._model.save(path)

    def litert(
        self,
        path: Path,
        weights: Weights = "float32",
        *,
        is_microcontroller: bool = False,
        is_single: bool = False,
        has_features: bool = False,
    ) -> None:
        is_single = is_single or is_microcontroller
        if weights == "float32" and not (is_single or has_features):
            content = shipped_classifier.litert(self._model)
            if content is not None:
                path.write_bytes(content)
                return
        images = keras.Input(batch_shape=(1 if is_single else None, *self._shape), dtype="uint8", name="images")
        outputs = {"probabilities": self._model(images)}
        if has_features:
            outputs["features"] = activations.features_of(self._model)(images)
        converter = tf.lite.TFLiteConverter.from_keras_model(keras.Model(images, outputs))
        if weights != "float32":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if weights == "float16":
            converter.target_spec.supported_types = [tf.float16]
        if weights == "int8":
            converter.representative_dataset = self._calibration
        if is_microcontroller:
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
            converter.inference_input_type = converter.inference_output_type = tf.uint8
        with contextlib.redirect_stdout(sys.stderr), warnings.catch_warnings():  # the converter prints progress
            # It asks for the range of a uint8 input, which is 0 to 255.
            warnings.filterwarnings("ignore", "Statistics for quantized inputs were expected")
            path.write_bytes(converter.convert())

    def onnx(self, path: Path, weights: Literal["float32", "int8"] = "float32") -> None:
        import onnx
        import tf2onnx

        images = keras.Input(self._shape, dtype="uint8", name="images")
        signature = (tf.TensorSpec((None, *self._shape), tf.uint8, name="images"),)
        written, _ = tf2onnx.convert.from_keras(
            keras.Model(images, self._model(images)), input_signature=signature, opset=OPSET
        )
        graph = written.graph
        _rename(graph, graph.output[0].name, "probabilities")
        for value in (graph.input[0], graph.output[0]):
            value.type.tensor_type.shape.dim[0].dim_param = "batch"
        onnx.checker.check_model(written, full_check=True)
        if weights == "int8":
            with _folder_beside(path) as folder:
                quantise_onnx(written, path, self._calibration(), Path(folder))
        else:
            onnx.save(written, path)

    def core_ml(self, path: Path) -> None:
        import coremltools

        images = keras.Input(self._shape, dtype="uint8", name="images")
        batch = coremltools.RangeDim(1, MOST_AT_ONCE, default=1)
        with _folder_beside(path) as folder, contextlib.redirect_stdout(sys.stderr):
            converted = coremltools.convert(
                keras.Model(images, self._model(images)),
                source="tensorflow",
                convert_to="mlprogram",
                compute_precision=coremltools.precision.FLOAT32,
                inputs=[coremltools.TensorType(name="images", shape=(batch, *self._shape))],
            )
            description = converted.get_spec()
            coremltools.utils.rename_feature(description, description.description.output[0].name, "probabilities")
            package = Path(folder) / "model.mlpackage"
            coremltools.models.MLModel(description, weights_dir=converted.weights_dir).save(str(package))
            _zip(Path(folder), path)

    def saved_model(self, path: Path) -> None:
        height, width, channels = self._shape
        model = self._model

        def of_files(files: tf.Tensor) -> dict[str, tf.Tensor]:
            def pixels(data: tf.Tensor) -> tf.Tensor:
                image = tf.io.decode_image(data, channels=channels, expand_animations=False)
                image.set_shape((None, None, channels))
                small = tf.image.resize(image, (height, width), "bicubic", antialias=True)
                return tf.cast(tf.clip_by_value(tf.round(small), 0, 255), tf.uint8)

            images = tf.map_fn(pixels, files, fn_output_signature=tf.TensorSpec(self._shape, tf.uint8))
            return {"probabilities": model(images)}

        archive = keras.export.ExportArchive()
        archive.track(model)
        archive.add_endpoint(
            "serve",
            lambda images: {"probabilities": model(images)},
            [tf.TensorSpec((None, *self._shape), tf.uint8, name="images")],
        )
        archive.add_endpoint("encoded_images", of_files, [tf.TensorSpec((None,), tf.string, name="files")])
        with _folder_beside(path) as folder, contextlib.redirect_stdout(sys.stderr):
            archive.write_out(folder)
            _zip(Path(folder), path)

    @property
    def _shape(self) -> tuple[int, int, int]:
        return tuple(self._model.input_shape[1:])

    def _calibration(self) -> Iterator[list[np.ndarray]]:
        images = datasets.open_dataset(self._dataset).x_train
        chosen = np.sort(np.random.default_rng(0).permutation(len(images))[:CALIBRATION_IMAGES])
        for row in chosen:
            yield [np.asarray(images[row : row + 1])]


def quantise_onnx(model: Any, path: Path, calibration: Iterator[list[np.ndarray]], folder: Path) -> None:
    """Writes an ONNX model with 8-bit weights and activations to `path`.

    `calibration` yields model inputs, each in a list, on which the ranges of activations are measured; `folder` is for
    temporary files. Weights use 7 of the 8 bits: on x86 processors without VNNI, the sum of two products would
    overflow, and the same file would predict differently on another machine
    (https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html).
    """
    import onnx
    from onnxruntime import quantization
    from onnxruntime.quantization import shape_inference

    class Images(quantization.CalibrationDataReader):
        def get_next(self) -> dict[str, np.ndarray] | None:
            found = next(calibration, None)
            return None if found is None else {model.graph.input[0].name: found[0]}

    given, prepared = folder / "given.onnx", folder / "prepared.onnx"
    onnx.save(model, given)
    shape_inference.quant_pre_process(given, prepared, skip_symbolic_shape=True)
    quantization.quantize_static(
        prepared,
        path,
        Images(),
        quant_format=quantization.QuantFormat.QDQ,
        per_channel=True,
        reduce_range=True,
        activation_type=quantization.QuantType.QUInt8,
        weight_type=quantization.QuantType.QInt8,
    )


def _folder_beside(path: Path) -> tempfile.TemporaryDirectory:
    """A temporary folder on the same disk; if the process is killed, the next export removes it."""
    return tempfile.TemporaryDirectory(dir=path.parent, prefix=atomic.PREFIX)


def _zip(folder: Path, path: Path) -> None:
    """A zip archive of the content of a folder."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zipped:
        for file in sorted(folder.rglob("*")):
            zipped.write(file, file.relative_to(folder))


def _rename(graph, old: str, new: str) -> None:
    """Renames a tensor of an ONNX graph."""
    for node in graph.node:
        for names in (node.input, node.output):
            for position, name in enumerate(names):
                if name == old:
                    names[position] = new
    for value in (*graph.output, *graph.value_info):
        if value.name == old:
            value.name = new
