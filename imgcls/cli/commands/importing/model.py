"""`imgcls import-model`: a model that was trained elsewhere becomes a run, evaluated on one of your datasets."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from imgcls.cli import exit_codes, progress_bar
from imgcls.evaluation.metrics.percent import percent
from imgcls.evaluation.model_import import create_run, inspection
from imgcls.evaluation.model_import.answers import Answers
from imgcls.inference.sandbox import limits
from imgcls.runs.results import NAME_LENGTH


def import_model(
    file: Annotated[Path, Parameter(help="An .onnx, .tflite or .keras file.")],
    /,
    *,
    data: Annotated[str, Parameter(help="The dataset to evaluate it on; it must have the model's classes.")],
    scaling: Annotated[
        Literal["auto", "0-255", "0-1", "-1-1", "imagenet", "imagenet-mean"],
        Parameter(help="What pixel values the model expects. auto: as the file says, or by trying training images."),
    ] = "auto",
    channel_order: Annotated[
        Literal["auto", "RGB", "BGR"], Parameter(help="The order of the colour channels. auto: by trying.")
    ] = "auto",
    layout: Annotated[
        Literal["auto", "NHWC", "NCHW", "HW", "flat"], Parameter(help="The order of the axes. auto: by the shape.")
    ] = "auto",
    outputs: Annotated[
        Literal["auto", "probabilities", "logits"], Parameter(help="What the scores are. auto: by their values.")
    ] = "auto",
    size: Annotated[
        int,
        Parameter(
            show_default=False, help="Image size in pixels, if the model takes any size (default: the dataset's)."
        ),
    ] = 0,
    classes: Annotated[
        Path | None,
        Parameter(
            show_default=False,
            help="A text file with the dataset's class names, one per line, in the order of the model's scores.",
        ),
    ] = None,
    name: Annotated[str, Parameter(show_default=False, help="Name of the new run.")] = "",
    large: Annotated[
        bool,
        Parameter(
            name="--large",
            negative="",
            show_default=False,
            help="Allow a large Keras file 180 s and 2.5 GB instead of 20 s and 1 GB. Only if you know its origin.",
        ),
    ] = False,
) -> None:
    """Bring in a model that was trained elsewhere and evaluate it like a run of your own.

    The file is opened, converted and run in a child process with limits on memory and time, never in this one.

    Example: imgcls import-model mnist-12.onnx --data mnist

    Example: imgcls import-model leaves.tflite --data own-leaves --scaling=-1-1 --classes labels.txt
    """
    exit_codes.existing(file, "file")
    names = _class_names(classes)
    if sentence := limits.unavailable():
        print(sentence)
    given = Answers(data, scaling, channel_order, layout, size, outputs, names, name)
    try:
        facts, content = inspection.inspect(
            file, file.name, lambda part, text: progress_bar.show(part / 4, text), is_large=large
        )
        run = create_run.make(facts, content, given, lambda part, text: progress_bar.show(0.25 + 0.75 * part, text))
    finally:
        progress_bar.clear()
    result = run.result or {}
    print(result["message"])
    print(f"{run.id}: {run.label}, test accuracy {percent(result['test_accuracy'])}.")
    print(f"To see its errors: imgcls app, or: imgcls robustness {run.id}")


def _class_names(path: Path | None) -> tuple[str, ...]:
    if path is None:
        return ()
    try:
        text = exit_codes.existing(path, "file").read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise exit_codes.CommandError(f"{path} is not a text file in UTF-8.", exit_codes.USAGE) from error
    return tuple(line.strip()[:NAME_LENGTH] for line in text.splitlines() if line.strip())
