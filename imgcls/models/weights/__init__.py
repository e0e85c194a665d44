"""The weights of networks of `keras.applications`: where they lie, and how they come here.

    _files     find a file, and tell a damaged one
    _fetch     start the process that downloads one, watch it and cancel it

A file is looked for in the folder that $IMGCLS_WEIGHTS names (or is the file that it names), in $IMGCLS_DATA, in
Keras's own folder (~/.keras/models, or below $KERAS_HOME), and among what was fetched before. $IMGCLS_WEIGHTS_URL names
another server than Google's, such as one in a class room.
"""

from imgcls.models.weights.fetch import FetchState, cancel_fetch, fetch_folder, fetch_state, start_fetch
from imgcls.models.weights.files import at_hand, check, fetched_path, needed, problem, url_of

__all__ = [
    "FetchState",
    "at_hand",
    "cancel_fetch",
    "check",
    "fetch_folder",
    "fetch_state",
    "fetched_path",
    "needed",
    "problem",
    "start_fetch",
    "url_of",
]
