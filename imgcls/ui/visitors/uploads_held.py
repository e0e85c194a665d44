"""How many bytes of uploads lie in the memory of this server, and for whom."""

from collections import Counter

from streamlit import runtime

from imgcls.sharing import cookies
from imgcls.ui.visitors import visitor


def by_visitor() -> Counter[str]:
    """Bytes by the ID of the visitor; "" for sessions whose visitor is not known.

    Streamlit offers no public way to ask. Should its own storage change, uploads in memory are no longer counted, only
    those that arrive at the moment.
    """
    found: Counter[str] = Counter()
    if not runtime.exists():
        return found
    storage = getattr(runtime.get_instance().uploaded_file_mgr, "file_storage", {})
    for session, files in list(storage.items()):
        whose = cookies.read(visitor.cookie_of(session))
        found[whose] += sum(len(file.data) for file in list(files.values()))
    return found
