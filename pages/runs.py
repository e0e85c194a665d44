"""What has been trained, and how do the runs compare?"""

import streamlit as st

from imgcls.ui.runs import notifications, page

ORDER = 30
ICON = ":material/history:"

with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="runs-head"):
    st.title("Runs", width="content")
    notifications.button()
page.show()
