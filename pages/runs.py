"""What has been trained, and how do the runs compare?"""

import streamlit as st

from imgcls.ui.runs import page

ORDER = 30
ICON = ":material/history:"

st.title("Runs")
page.show()
