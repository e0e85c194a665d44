"""What is there to learn from?"""

import numpy as np
import streamlit as st

from imgcls import charts, datasets
from imgcls.ui import data_view, gallery, pick, settings, stored
from imgcls.ui.errors import plain

st.title("Data")
facts = settings.choose_data()
left, right = st.columns([3, 4], gap="large")

with left:
    st.markdown(plain(facts.text))
    data_view.one_line(facts)
    if facts.coarse:
        with st.expander("Groups of classes", icon=":material/account_tree:", key="coarse"):
            for number, group in enumerate(facts.coarse):
                members = [name for name, of in zip(facts.classes, facts.coarse_of, strict=True) if of == number]
                st.caption(f"**{plain(group)}**: {plain(', '.join(members))}")
    for name, reason in facts.avoid.items():
        st.caption(f":material/info: {name.capitalize()}: {plain(reason)}")

if not datasets.is_ready(facts.name):
    with right:
        data_view.get(facts)
    st.stop()

dataset = datasets.open_dataset(facts.name)
labels = stored.training_labels(facts.name, dataset.fingerprint)
with left:
    st.caption(f"**{len(labels):,}** training pictures and **{len(dataset.y_test):,}** test pictures.")
    if st.button("Train on it", type="primary", icon=":material/model_training:"):
        pick.go("train.py", data=facts.name)

with right:
    page = st.pagination(20, key="sample-page", max_visible_pages=5)
    chosen = np.random.default_rng(page).choice(len(labels), min(24, len(labels)), replace=False)
    gallery.show(
        gallery.Tile(
            dataset.x_train[i], f"training picture {i}, {facts.classes[labels[i]]}", (facts.classes[labels[i]],)
        )
        for i in chosen
    )

with left:
    counts = {
        "training": np.bincount(labels, minlength=facts.num_classes),
        "test": np.bincount(np.asarray(dataset.y_test), minlength=facts.num_classes),
    }
    least, most = counts["training"].min(), counts["training"].max()
    st.plotly_chart(
        charts.class_distribution(counts, facts.classes),
        key="distribution",
        config={"displayModeBar": False},
        alt=f"Pictures of each class: between {least:,} and {most:,} in training.",
    )
