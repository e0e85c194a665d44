"""Run an exported file the way its users will: in its own runtime, on one thread, with nothing of this package."""

import contextlib
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np

from imgcls.errors import RunError
from imgcls.inference.predictor import Predictor
from imgcls.system import processes

BATCH = 64
TIMED = 30
"""Single images that are timed; the median counts."""
WARM_UP = 3
MODULE = "imgcls.training.export.plain_interpreter"
ONE_THREAD = {
    "CUDA_VISIBLE_DEVICES": "",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}


class Runtime:
    """A loaded model file; use as a context. `name` says what runs it, with its version."""

    name = ""

    def __enter__(self) -> "Runtime":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends what was started to run the model."""

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """Probabilities, float32 (n, classes), of uint8 images (n, height, width, channels)."""
        raise NotImplementedError

    def milliseconds(self, image: np.ndarray) -> float:
        """How long one image, uint8 (height, width, channels), takes: the median of several calls."""
        for _ in range(WARM_UP):
            self.probabilities(image[None])
        return 1000 * statistics.median(self._seconds(image[None]) for _ in range(TIMED))

    def _seconds(self, images: np.ndarray) -> float:
        start = time.perf_counter()
        self.probabilities(images)
        return time.perf_counter() - start


class LiteRT(Runtime):
    """The LiteRT interpreter on one thread.

    Raises:
        RunError: the file is not a LiteRT model.
    """

    def __init__(self, path: Path):
        self._predictor = Predictor(path)
        self.name = _named("LiteRT", "ai-edge-litert")

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        return self._predictor.probabilities(images)


class OnnxRuntime(Runtime):
    """ONNX Runtime on one thread."""

    def __init__(self, path: Path):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name
        self.name = _named("ONNX Runtime", "onnxruntime")

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        parts = [
            self._session.run(None, {self._input: np.ascontiguousarray(images[start : start + BATCH])})[0]
            for start in range(0, len(images), BATCH)
        ]
        return np.concatenate(parts)


class FreshInterpreter(Runtime):
    """Plain Keras or TensorFlow in a Python process of its own, which knows none of this package's layers.

    A script or a notebook is run up to its network, which gets the weights of the run: its file is in RUN/exports/.

    Raises:
        RunError: the file cannot be loaded there.
    """

    def __init__(self, kind: Literal["keras", "saved_model", "script", "notebook"], path: Path):
        self._folder = tempfile.TemporaryDirectory(prefix="imgcls-export-")
        self._errors: IO[bytes] = (Path(self._folder.name) / "errors.txt").open("w+b")
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-u", "-m", MODULE, kind, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env=processes.child_environment(ONE_THREAD),
        )
        try:
            self.name = self._reply("ready")
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Ends the process."""
        self._process.kill()
        self._process.communicate()
        self._errors.close()
        self._folder.cleanup()

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        return self._run(images)[0]

    def _seconds(self, images: np.ndarray) -> float:
        return self._run(images)[1]

    def _run(self, images: np.ndarray) -> tuple[np.ndarray, float]:
        given, result = (Path(self._folder.name) / name for name in ("images.npy", "probabilities.npy"))
        np.save(given, images)
        stdin: Any = self._process.stdin
        with contextlib.suppress(OSError):  # the process has ended; its errors say why
            stdin.write(f"{given}\t{result}\n")
            stdin.flush()
        seconds = float(self._reply("done"))
        return np.load(result, allow_pickle=False), seconds

    def _reply(self, word: str) -> str:
        """The rest of the line that starts with this word; anything else on stdout is a library talking."""
        stdout: Any = self._process.stdout
        for line in stdout:
            if line.startswith(f"{word} "):
                return line.removeprefix(f"{word} ").strip()
        self._process.wait()
        self._errors.seek(0)
        lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        raise RunError(f"The file cannot be run in a fresh Python: {lines[-1][:300] if lines else 'it crashed'}")


def _named(title: str, package: str) -> str:
    from importlib import metadata

    return f"{title} {metadata.version(package)}"
