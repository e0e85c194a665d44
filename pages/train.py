"""How is a model trained? Choose, press Start, watch."""

import streamlit as st

from imgcls import jobs, runs
from imgcls.config import Config
from imgcls.errors import RunError
from imgcls.ui.app import errors, links
from imgcls.ui.app.errors import plain
from imgcls.ui.data import summary
from imgcls.ui.train import augmentation, backbone, model_summary, preflight, run_page, settings_form
from imgcls.ui.widgets import sections


def is_one_run() -> bool:
    """Shows the run that the URL names; whether there is one."""
    asked = st.query_params.get("run")
    if not asked:
        return False
    try:
        run_page.show(runs.find(asked))
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
            facts = settings_form.choose_data()
            images = settings_form.choose_images(summary.training_count(facts))
        summary.one_line(facts)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            model = settings_form.choose_model()
            settings_form.offer_recipe(model, facts.name)
        model_settings = settings_form.model_settings(model)
        has_weights = backbone.show(model, model_settings, facts)
        values = settings_form.controls((settings_form.BY_NAME["epochs"], settings_form.BY_NAME["learning_rate"]))
        values |= augmentation.section(facts) | settings_form.optimisation(model, facts.is_multilabel)
        values |= settings_form.schedule(values["epochs"], values["learning_rate"])
        values |= settings_form.stopping() | settings_form.splitting(model)

    with right, errors.shown():
        config = Config(data=facts.name, train_images=images, model=model, model_settings=model_settings, **values)
        model_summary.show(config, facts)
        ready = summary.realised_counts(config) and has_weights
        if ready:
            backbone.copies(config, facts)
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
        preflight.show(config, facts)
        backbone.compare(config, facts)
        model_summary.details(config, facts)


settings_form.put_in(links.take_preset())
if not is_one_run():
    form()
