"""What is this, and where do I begin?"""

import streamlit as st

from imgcls.languages import gettext as _

ORDER = 0
ICON = ":material/home:"

st.title(_("Train, understand and try image classifiers"))
st.markdown(
    _(
        "A trained network reads a digit while you draw it. Train a network of your own, and see what it gets wrong, "
        "and why."
    )
)

from imgcls.ui.home import page  # noqa: E402  (the canvas needs half a second of imports; the heading is there before)

page.show()
