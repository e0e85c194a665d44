"""Where a run trains or trained: in the heading, and what a cluster kept of its job's output."""

import streamlit as st

from imgcls import sharing
from imgcls.errors import UserError
from imgcls.jobs import backends, waiting_list
from imgcls.runs import Run
from imgcls.sharing import Action
from imgcls.ui.app.errors import plain

FRESH_SECONDS = 5.0
"""How long a cluster is not asked again for the same output."""
OWN = ("local", "workers")
"""Their titles are words, not names."""
EMPTY = "The cluster has no output for this job: it has not started, or the cluster no longer keeps it."


def sentence(run: Run) -> str:
    """For example "on Slurm" or "on NVIDIA T4"; "" for a run on the CPU of the only backend there is."""
    job = run.job
    wanted = waiting_list.wanted_backend(run)
    name = backends.title(wanted) if wanted in backends.names() else ""
    found = (name[:1].lower() + name[1:] if wanted in OWN else name, str(job.get("device") or "")[:80])
    return ", ".join(f"on {part}" for part in found if part)


def show_output(run: Run) -> None:
    """A closed section for a run that was handed to a cluster, which is asked only when the section is open."""
    name = run.job.get("backend")
    if not run.job.get("id") or name not in backends.configured() or not sharing.decide(Action.SEE_LOG, run.folder):
        return
    section = st.expander("Output of the cluster job", icon=":material/dns:", key="job-output", on_change="rerun")
    if not section.open:
        return
    with section:
        try:
            text = _output(run, name, str(run.folder), str(run.job["id"]))
        except UserError as error:
            st.caption(plain(str(error)))
            return
        if text:
            st.code(text, language=None, height=300)
        else:
            st.caption(EMPTY)


@st.cache_data(ttl=FRESH_SECONDS, max_entries=16, show_spinner=False)
def _output(_run: Run, backend: str, folder: str, job_id: str) -> str:
    return backends.get(backend).log(_run)
