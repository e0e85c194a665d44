"""Join a class, or run one: who is here, and what does everybody train?"""

import streamlit as st

from imgcls.ui.you.classroom import page

ORDER = 55
ICON = ":material/co_present:"
MODES = ("classroom",)

st.title(page.title())
page.show()
