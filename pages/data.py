"""What is there to learn from?"""

import streamlit as st

from imgcls import datasets
from imgcls.ui.app import errors, links
from imgcls.ui.app.errors import plain
from imgcls.ui.cache import predictions
from imgcls.ui.data import analysis, custom, import_wizard, summary
from imgcls.ui.train import settings_form
from imgcls.ui.widgets import class_counts, pager


def whole() -> None:
    """The chosen data set: what it is, some of its pictures, and what can be found in them."""
    st.title("Data")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        facts = settings_form.choose_data()
        import_wizard.offer()
    left, right = st.columns([3, 4], gap="large")

    with left:
        st.markdown(plain(facts.text))
        summary.one_line(facts)
        if facts.coarse:
            with st.expander("Groups of classes", icon=":material/account_tree:", key="coarse"):
                for number, group in enumerate(facts.coarse):
                    members = [name for name, of in zip(facts.classes, facts.coarse_of, strict=True) if of == number]
                    st.caption(f"**{plain(group)}**: {plain(', '.join(members))}")
        for name, reason in facts.avoid.items():
            st.caption(f":material/info: {name.capitalize()}: {plain(reason)}")
        if facts.source == "own":
            custom.show(facts.name)

    if not datasets.is_ready(facts.name):
        with right:
            summary.get(facts)
        return

    dataset = predictions.dataset(facts.name)
    labels = dataset.y_train
    with left:
        st.caption(f"**{len(labels):,}** training pictures and **{len(dataset.y_test):,}** test pictures.")
        if st.button("Train on it", type="primary", icon=":material/model_training:"):
            links.train(data=facts.name)

    with right:
        page = pager.page_number(20, "sample-page")
        st.html(summary.samples(facts.name, dataset.fingerprint, page))

    with left:
        counts = predictions.class_counts(facts.name, dataset.fingerprint)
        st.html(class_counts.bars(counts, facts.classes))
        analysis.imbalance(dataset, counts["training"])

    with errors.shown():
        analysis.show(dataset)


if "new" in st.query_params:
    import_wizard.show()
else:
    whole()
