"""The switches of the lesson about worthless scores: each shows the flattering number and the honest one beside it."""

import streamlit as st

from imgcls import datasets
from imgcls.datasets import edits_stamp
from imgcls.evaluation.metrics.percent import percent
from imgcls.lessons import worthless
from imgcls.lessons.catalog import worthless_scores as lesson
from imgcls.lessons.worthless import Images
from imgcls.ui.app import errors


def show() -> None:
    """The dataset and the seven switches."""
    names = [name for name in datasets.names() if datasets.is_ready(name) and not datasets.facts(name).is_multilabel]
    if not names:
        st.info("Prepare a dataset on the Data page first.", icon=":material/photo_library:")
        return
    st.header("Try it", anchor=False)
    name = st.selectbox(
        "Dataset",
        names,
        index=names.index(lesson.DEFAULT) if lesson.DEFAULT in names else 0,
        format_func=lambda name: datasets.facts(name).title,
        key=lesson.DATA,
        width=420,
        help="The model answers with the label of the most similar image that it knows. It needs no training.",
    )
    with errors.shown():
        data = _images(name, (*datasets.dataset_stamp(name), *edits_stamp(name)))
        with st.grid(2, min_column_width=320, gap="medium"):
            for number, way in enumerate(worthless.WAYS):
                with st.container(border=True, gap="small"):
                    if st.toggle(f"**{way.title}**", key=lesson.SWITCH.format(number)):
                        great, true = way.scores(data)
                        st.html(
                            f'<p class="two-scores"><span><b class="great">{percent(great)}</b> reported</span>'
                            f"<span><b>{percent(true)}</b> honest</span></p>"
                        )
                        st.caption(way.why)
                    else:
                        st.caption(way.text)


@st.cache_data(max_entries=4, show_spinner="Reading the images …")
def _images(name: str, stamp: tuple) -> Images:
    return worthless.of_dataset(name)
