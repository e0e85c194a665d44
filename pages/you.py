"""Who am I on this server, and what does it know about me?"""

import streamlit as st

from imgcls.ui.you import page

st.title("You")
page.show()
