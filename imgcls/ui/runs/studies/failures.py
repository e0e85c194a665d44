"""How many trials of a study have no score, and why."""

from collections import Counter

import streamlit as st

from imgcls.studies import Trial
from imgcls.ui.app.errors import plain
from imgcls.ui.widgets import formatting

REASONS = {
    "failed": "no reason is known; the log on the page of the run may say more.",
    "lost": "the training process ended unexpectedly (killed, or an error before the training); the log on the page of "
    "the run may say more.",
    "damaged": "its files cannot be read.",
}
"""State of a trial without a result -> why, if its result does not say."""
ENDED = {"lost": "{} interrupted", "damaged": "{} damaged"}
"""State -> how many trials, and the word for it as in the table; other states are failures."""
MOST_REASONS, MOST_NUMBERS = 3, 8
"""Why trials failed, and the numbers of those with one reason."""


def show(trials: list[Trial]) -> None:
    """A line, which unfolds to the reasons; one line for all trials with the same reason."""
    reasons: dict[str, list[int]] = {}
    for trial in trials:
        if trial.state in REASONS:
            reason = str((trial.result or {}).get("message") or REASONS[trial.state])
            reasons.setdefault(reason, []).append(trial.number)
    if not reasons:
        return
    states = Counter(trial.state for trial in trials if trial.state in REASONS)
    counted = [ENDED.get(state, "{} failed").format(f"{count:,}") for state, count in sorted(states.items())]
    lines = [
        f"- {'Trial' if len(numbers) == 1 else 'Trials'} {', '.join(map(str, numbers[:MOST_NUMBERS]))}"
        f"{' …' if len(numbers) > MOST_NUMBERS else ''}: {plain(reason)}"
        for reason, numbers in list(reasons.items())[:MOST_REASONS]
    ]
    more = [f"- {len(reasons) - MOST_REASONS} more reasons"] if len(reasons) > MOST_REASONS else []
    title = f"Of {formatting.count(len(trials), 'trial')}, {' and '.join(counted)}"
    with st.expander(title, icon=":material/error:", key="study-failures"):
        st.markdown("\n".join([*lines, *more]))
