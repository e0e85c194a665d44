"""Visual search: the images of a dataset that are most similar to an image, a part of one, or a drawing.

    features.py    what describes an image: a network that ships with the project, or a finished run
    index.py       the vectors of all images of a dataset: built once in a background process, kept, searched exactly

`python -m imgcls.inference.visual_search DATASET FEATURES` builds an index.
"""

from imgcls.inference.visual_search.features import IMAGE_SIZE, choices, title_of
from imgcls.inference.visual_search.index import Found, Index, build, open_index, query_features, start, state, task_of

__all__ = [
    "IMAGE_SIZE",
    "Found",
    "Index",
    "build",
    "choices",
    "open_index",
    "query_features",
    "start",
    "state",
    "task_of",
    "title_of",
]
