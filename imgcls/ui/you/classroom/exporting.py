"""What a teacher takes home of a class, also after it was closed."""

from collections import OrderedDict

import streamlit as st

from imgcls import sharing
from imgcls.jobs.classroom import export, naming
from imgcls.languages import N_
from imgcls.languages import gettext as _
from imgcls.sharing.classroom.rooms import Room
from imgcls.ui.app.errors import plain
from imgcls.ui.visitors import visitor
from imgcls.ui.you.assignments import lessons

TICK_SECONDS = 2.0
MOST = 200

EXPORTED = N_("Exported: {file}. It is in your downloads.")
IN_DIALOG = "class-export-first"
"""The key of the button in the dialog that closes a class."""

_made: OrderedDict[tuple[str, bool], str] = OrderedDict()
"""Visitor, and whether in the dialog -> the name of the archive that was made for them, until they were told."""


def forget_in_dialog() -> None:
    """For a dialog that opens: nothing was exported in it yet."""
    _made.pop((sharing.current().id, True), None)


def show(room: Room, *, key: str = "class-export") -> None:
    """The button; the archive is made when it is pressed."""
    name = f"{naming.file_name(room)}.zip"
    who = sharing.current().id

    def archive() -> bytes:
        made = export.archive(room, lessons.guesses)
        _made[who, key == IN_DIALOG] = name
        while len(_made) > MOST:
            _made.popitem(last=False)
        return made

    st.download_button(
        _("Export"),
        visitor.later(archive),
        file_name=name,
        mime="application/zip",
        icon=":material/folder_zip:",
        help=_("A ZIP archive of tables: runs, attempts at assignments, progress in lessons, and drawings."),
        key=key,
        on_click="ignore",  # a rerun would discard what makes the archive, sometimes before it was asked for
    )


def tell() -> None:
    """A notice once an archive was made; once on the page of a teacher."""
    st.fragment(run_every=TICK_SECONDS)(_tell)()


def tell_in_dialog() -> None:
    """The same in a dialog with a button, which a notice elsewhere would close."""
    st.fragment(run_every=TICK_SECONDS)(_tell_in_dialog)()


def _tell() -> None:
    if name := _made.pop((sharing.current().id, False), ""):
        st.toast(plain(_(EXPORTED).format(file=name)), icon=":material/folder_zip:")


def _tell_in_dialog() -> None:
    if name := _made.get((sharing.current().id, True), ""):
        st.success(plain(_(EXPORTED).format(file=name)), icon=":material/folder_zip:")
