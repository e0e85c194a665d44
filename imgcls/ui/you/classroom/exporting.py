"""What a teacher takes home of a class, also after it was closed."""

import streamlit as st

from imgcls.jobs.classroom import export
from imgcls.languages import gettext as _
from imgcls.sharing.classroom.rooms import Room
from imgcls.ui.visitors import visitor


def show(room: Room) -> None:
    """The button; the archive is made when it is pressed."""
    st.download_button(
        _("Export everything"),
        visitor.later(lambda: export.archive(room)),
        file_name=f"class-{room.code}.zip",
        mime="application/zip",
        icon=":material/folder_zip:",
        help=_("A ZIP archive of tables: runs, attempts at assignments, progress in lessons, and drawings."),
        on_click="ignore",
    )
