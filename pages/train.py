"""How is a model trained? Choose, press Start, watch."""

import streamlit as st

from imgcls import jobs, runs
from imgcls.config import Config
from imgcls.errors import RunError
from imgcls.ui import (
    augmentation_view,
    backbone_view,
    data_view,
    errors,
    model_view,
    pick,
    probe_view,
    run_view,
    sections,
    settings,
)
from imgcls.ui.errors import plain


def is_one_run() -> bool:
    """Shows the run that the URL names; whether there is one."""
    asked = st.query_params.get("run")
    if not asked:
        return False
    try:
        run_view.show(runs.find(asked))
    except RunError as error:
        st.warning(plain(str(error)), icon=":material/search_off:")
        return False
    return True


def form() -> None:
    """All choices before a training, and Start."""
    st.title("Train a model")
    jobs.expect()
    left, right = st.columns([5, 6], gap="large")

    with left, sections.titled():
        with st.container(horizontal=True, vertical_alignment="bottom"):
            facts = settings.choose_data()
            pictures = settings.choose_pictures(data_view.training_count(facts))
        data_view.one_line(facts)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            model = settings.choose_model()
            settings.offer_recipe(model, facts.name)
        model_settings = settings.model_settings(model)
        has_weights = backbone_view.show(model, model_settings, facts)
        values = settings.controls((settings.BY_NAME["epochs"], settings.BY_NAME["learning_rate"]))
        values |= augmentation_view.section(facts) | settings.optimisation(model, facts.several)
        values |= settings.schedule(values["epochs"], values["learning_rate"])
        values |= settings.stopping() | settings.splitting(model)

    with right, errors.shown():
        config = Config(data=facts.name, pictures=pictures, model=model, model_settings=model_settings, **values)
        model_view.show(config, facts)
        ready = data_view.realised_counts(config) and has_weights
        if ready:
            backbone_view.copies(config, facts)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            name = st.text_input("Name of the run", placeholder=runs.default_label(config), max_chars=runs.LABEL_LENGTH)
            start = st.button("Start", type="primary", icon=":material/play_arrow:", width=160, disabled=not ready)
        run_id = st.session_state.setdefault("new_run_id", runs.new_id())
        if start:
            # A second click that was under way finds the same id, so it starts nothing new.
            run = jobs.begin(config, name, run_id=run_id)
            st.query_params.from_dict({"run": run.id})
            st.rerun()
        if runs.exists(run_id):
            st.session_state["new_run_id"] = runs.new_id()
        probe_view.show(config, facts)
        backbone_view.compare(config, facts)
        model_view.details(config, facts)


settings.put_in(pick.on_the_way())
if not is_one_run():
    form()
