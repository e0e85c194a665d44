"""What is this, and where do I begin?"""

import streamlit as st

from imgcls.ui.home import page

st.title("Train, understand and try image classifiers")
page.show()
