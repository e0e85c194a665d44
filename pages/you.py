"""Who am I on this server, and what does it know about me?"""

import streamlit as st

from imgcls.ui.you import page

ORDER = 60
ICON = ":material/person:"
MODES = ("classroom", "demo", "read-only")

st.title("You")
page.show()
