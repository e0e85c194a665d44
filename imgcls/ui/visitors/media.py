"""Images of a page are its visitor's: no one else can load them, even with their address."""

from streamlit import runtime

from imgcls.sharing import cookies
from imgcls.ui.visitors import visitor


def is_of(visitor_id: str, path: str) -> bool:
    """Whether a page that this visitor has open shows the file at /media/NAME, or no page does.

    No page shows what a download button made when it was clicked; such an address cannot be guessed, as it is a digest
    of the content. Streamlit offers no public way to ask which session a file is for. Should its own way change, the
    addresses of images are protected in this way only, too.
    """
    if not runtime.exists():
        return False
    files = getattr(runtime.get_instance().media_file_mgr, "_files_by_session_and_coord", {})
    name = path.rpartition("/")[2].partition(".")[0]
    sessions = [session for session, shown in list(files.items()) if name in list(shown.values())]
    return not sessions or any(cookies.read(visitor.cookie_of(session)) == visitor_id != "" for session in sessions)
