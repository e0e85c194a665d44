"""What is this, and where do I begin?"""

import streamlit as st

from imgcls import runs
from imgcls.ui.app import links
from imgcls.ui.runs import run_list

st.title("Train, understand and try image classifiers")
st.markdown(
    "Choose pictures and a network, watch it learn, then see what it gets wrong and why. "
    "Training runs in the background on this machine: close the tab, come back, it is still there. "
    "Every score is measured on pictures that the network never saw."
)

doors = (
    (
        "Draw a digit now",
        "Open the canvas",
        "A network that was trained on the handwriting of hundreds of people reads your seven.",
        ":material/draw:",
        "predict.py",
    ),
    (
        "Train your first model",
        "Choose and start",
        "5,000 digits are ready, the settings are sensible: press Start and watch, for one minute.",
        ":material/model_training:",
        "train.py",
    ),
    (
        "Look at its mistakes",
        "See the mistakes",
        "A trained model, its confusion matrix, and the pictures that it got wrong.",
        ":material/fact_check:",
        "evaluate.py",
    ),
)
with st.grid(3, min_column_width=260, gap="medium"):
    for title, button, text, icon, page in doors:
        with st.container(border=True, height="stretch"):
            st.subheader(title, anchor=False)
            st.markdown(text)
            if st.button(button, icon=icon, type="primary", width="stretch", key=page):
                links.go(page)

st.subheader("Latest runs", anchor=False)
latest = runs.everything()[:5]
if latest:
    run_list.show(latest)
else:
    st.caption("No run yet. The middle door makes the first one.")
