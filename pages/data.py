"""What is there to learn from?"""

import streamlit as st

from imgcls import datasets
from imgcls.ui import data_view, distribution, errors, explore_view, import_view, own_view, pick, settings, stored
from imgcls.ui.errors import plain


def whole() -> None:
    """The chosen data set: what it is, some of its pictures, and what can be found in them."""
    st.title("Data")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        facts = settings.choose_data()
        import_view.offer()
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
        if facts.source == "own":
            own_view.show(facts.name)

    if not datasets.is_ready(facts.name):
        with right:
            data_view.get(facts)
        return

    dataset = stored.dataset(facts.name)
    labels = dataset.y_train
    with left:
        st.caption(f"**{len(labels):,}** training pictures and **{len(dataset.y_test):,}** test pictures.")
        if st.button("Train on it", type="primary", icon=":material/model_training:"):
            pick.train(data=facts.name)

    with right:
        page = st.pagination(20, key="sample-page", max_visible_pages=5)
        st.html(data_view.samples(facts.name, dataset.fingerprint, page))

    with left:
        counts = stored.class_counts(facts.name, dataset.fingerprint)
        st.html(distribution.bars(counts, facts.classes))
        explore_view.imbalance(dataset, counts["training"])

    with errors.shown():
        explore_view.show(dataset)


if "new" in st.query_params:
    import_view.show()
else:
    whole()
