"""Pretrained weights of `keras.applications` networks: where they are, and how they are downloaded.

files    find a file, and recognise a damaged one
fetch    the background task that downloads one

Networks that ship with the project need neither: see `imgcls.models.shipped`.

A file is searched for in the folder that $IMGCLS_WEIGHTS names (which may also name the file itself), in $IMGCLS_DATA,
in Keras's own folder (~/.keras/models, or below $KERAS_HOME), and among earlier downloads. $IMGCLS_WEIGHTS_URL names
another server than Google's, such as one in a classroom.
"""

from imgcls.models.weights.fetch import cancel_fetch, fetch_state, start_fetch, task_of, working_folder
from imgcls.models.weights.files import check, fetched_path, local_file, needed, problem, url_of

__all__ = [
    "cancel_fetch",
    "check",
    "fetch_state",
    "fetched_path",
    "local_file",
    "needed",
    "problem",
    "start_fetch",
    "task_of",
    "url_of",
    "working_folder",
]
