"""Analyse a dataset from the command line, or in a process that the Data page starts.

python -m imgcls.datasets.analysis survey NAME     one pass over all images
python -m imgcls.datasets.analysis tsne NAME       a t-SNE map of some images; needs the survey
"""

import argparse
import sys

from imgcls.datasets.analysis import analyse, cache
from imgcls.errors import UserError


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m imgcls.datasets.analysis",
        description="Find duplicates, outliers and class statistics of a dataset.",
        allow_abbrev=False,
    )
    parser.add_argument("kind", choices=cache.KINDS, help="survey: all images; tsne: a t-SNE map, after the survey")
    parser.add_argument("name", help="the dataset, e.g. mnist_sample")
    options = parser.parse_args(arguments)
    try:
        return analyse(options.name, options.kind)
    except UserError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
