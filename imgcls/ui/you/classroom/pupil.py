"""A pupil's view: the form with code and name, then the class."""

import streamlit as st

from imgcls.sharing import Visitor, people
from imgcls.sharing.classroom import rooms
from imgcls.sharing.classroom.rooms import Room
from imgcls.ui.app import errors
from imgcls.ui.app.errors import plain
from imgcls.ui.app.paths import PAGES
from imgcls.ui.you.assignments import lists
from imgcls.ui.you.classroom import ranking, together

JOIN = "join"
"""The parameter of the address that holds the code."""
LONGEST_CODE = 12
TEACHERS = (
    "Do you teach? Enter the code from the terminal of the server on the page You, then open your class here. Or ask "
    "whoever runs the server to make you a teacher."
)


def show_form(visitor: Visitor) -> None:
    """Code and name. A link with the code leaves only the name to enter."""
    given = rooms.tidy(st.query_params.get(JOIN, ""))[: rooms.CODE_LENGTH]
    st.markdown("Enter your name and join your class." if given else "Your teacher shows you the class code.")
    with st.form("join", width=420):
        code = st.text_input("Class code", given, max_chars=LONGEST_CODE, autocomplete="off")
        name = st.text_input(
            "Your name", visitor.name, max_chars=people.NAME_LENGTH, help="Your teacher and your class see it."
        )
        if st.form_submit_button("Join", type="primary", icon=":material/login:"):
            with errors.shown():
                rooms.join(code, name, st.context.ip_address or "")
                st.query_params.pop(JOIN, None)
                st.rerun()
    if not given:
        st.caption(TEACHERS)
        st.page_link(PAGES / "you.py", label="You", icon=":material/person:")


def show(room: Room, visitor: Visitor) -> None:
    """The pupil's class."""
    if not room.is_open:
        st.info(
            "This class is closed. You can still look at its runs and try the models. To train, join another class.",
            icon=":material/door_front:",
        )
        show_form(visitor)
        ranking.show(room)
        return
    teacher = people.find(room.teacher)
    with_whom = f" with {plain(teacher.name)}" if teacher.name else ""
    st.markdown(f"You are **{plain(visitor.shown_name)}** in class **{room.code}**{with_whom}.")
    with st.container(horizontal=True, vertical_alignment="center"):
        together.link(room)
        st.page_link(PAGES / "train.py", label="Train a model", icon=":material/model_training:")
        st.page_link(PAGES / "predict.py", label="Draw a digit", icon=":material/draw:")
    lists.show(room)
    ranking.show(room)
    if st.button(
        "Leave the class", icon=":material/logout:", help="Your runs are kept. You can join again with the code."
    ):
        with errors.shown():
            rooms.leave()
            st.rerun()
