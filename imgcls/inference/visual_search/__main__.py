"""Build the search index of a dataset: the process that a page starts, also usable from a shell.

python -m imgcls.inference.visual_search DATASET FEATURES     FEATURES: "MobileNet 0.25", or the ID of a run
"""

import sys

from imgcls import datasets
from imgcls.errors import UserError
from imgcls.inference.visual_search import index


def main(arguments: list[str]) -> int:
    """Builds the index and returns the exit status."""
    if len(arguments) != 2:
        print("Name a dataset and the features: a network that ships with imgcls, or a run.", file=sys.stderr)
        return 2
    name, features = arguments
    try:
        dataset = datasets.open_dataset(name)
        return index.task_of(dataset, features).run(lambda progress: index.build(dataset, features, progress))
    except UserError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
