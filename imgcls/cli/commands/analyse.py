"""`imgcls analyse`, `imgcls robustness` and `imgcls label-errors`: results that the app's pages show as well."""

from typing import Annotated, Literal

from cyclopts import Parameter

from imgcls import datasets, runs
from imgcls.cli import exit_codes

RunArgument = Annotated[str, Parameter(help="A run folder or a run ID.")]


def analyse(
    dataset: Annotated[str, Parameter(help="Name of the dataset. It must be prepared.")],
    /,
    *,
    what: Annotated[
        Literal["survey", "tsne"],
        Parameter(help="survey: duplicates, outliers and class counts. tsne: a 2-D map of the images, after a survey."),
    ] = "survey",
) -> int:
    """Find duplicates and outliers in a dataset. The result appears on the app's Data page.

    Example: imgcls analyse mnist_sample
    """
    from imgcls.datasets import analysis

    with exit_codes.exits_with(exit_codes.USAGE):
        title = datasets.facts(dataset).title
    print(f"Analysing {title} …", flush=True)
    code = analysis.analyse(dataset, what)
    if code == exit_codes.OK:
        print(f"Done. Open the app's Data page to see the result ({dataset}).")
    return code


def robustness(run: RunArgument, /) -> int:
    """Test a run's model on corrupted test images. The result appears on the app's Evaluate page.

    Example: imgcls robustness digits
    """
    from imgcls.evaluation.robustness import __main__ as evaluation

    return evaluation.main([_existing(run)])


def label_errors(run: RunArgument, /) -> int:
    """Find likely label errors in a run's training images. The result appears on the app's Evaluate page.

    Example: imgcls label-errors digits
    """
    from imgcls.evaluation.label_errors import __main__ as evaluation

    return evaluation.main([_existing(run)])


def _existing(argument: str) -> str:
    with exit_codes.exits_with(exit_codes.NOT_FOUND):
        run = runs.run_from_argument(argument)
    return str(runs.writable(run).folder)
