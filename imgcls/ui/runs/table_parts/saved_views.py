"""The saved views of the table: save the present one, open one, remove one."""

from collections.abc import Sequence
from urllib.parse import parse_qs, parse_qsl, urlencode

import streamlit as st

from imgcls.runs.index import views
from imgcls.sharing import Action
from imgcls.ui.app.errors import plain, shown
from imgcls.ui.visitors import rights

OPEN_VIEW = "<script>history.pushState(null, '', '?{}'); dispatchEvent(new PopStateEvent('popstate'));</script>"
"""As the Back button: Streamlit lets no Python code change URL parameters of controls on a page."""
NAME, CHANGED, VISITED, OPENING = "view-name", "view-changed", "view-visited", "view-opening"
"""Session keys: the chosen view, whether it has just been chosen, whether the page was visited before, and whether the
browser has been told to open the view but has not done so yet."""


LAYOUT = "layout"
"""The parameter that says whether there are cards or the table."""


def open_default(keys: Sequence[str], *, left_out: Sequence[str] = ()) -> None:
    """Applies the visitor's default view at the first visit of a session, unless the link has a view of its own; of the
    view, `left_out` is not applied."""
    is_first = not st.session_state.get(VISITED)
    st.session_state[VISITED] = True
    if is_first and (of_link := _same_as_link(keys)):
        st.session_state[NAME] = of_link
    if is_first and not any(key in st.query_params for key in (*keys, "selected")):
        saved, name = views.read(), views.default()
        if name is not None:
            st.session_state[NAME] = name
            applied = [key for key in keys if key not in left_out]
            st.query_params.from_dict(parse_qs(_known(saved[name], applied)))  # allowed before the controls exist
            st.rerun()


def show(keys: Sequence[str]) -> None:
    """`keys`: the parameters of the URL that make up a view."""
    with st.form("view-save", border=False):
        name = st.text_input("Save this view as", key="view-new", max_chars=30, placeholder="Name")
        if st.form_submit_button("Save view", **rights.button(Action.SAVE_VIEW)):
            with shown():
                before = views.read()
                views.save(name or "", urlencode(_present(keys)))
                st.session_state[NAME] = next(iter(views.read().items() - before.items()), (None,))[0]
                st.success("View saved.", icon=":material/bookmark:")
    saved = views.read()
    if not saved:
        return
    chosen = st.selectbox(
        "Saved view", list(saved), index=None, key=NAME, placeholder="Choose one to apply it", on_change=_changed
    )
    if st.session_state.pop(CHANGED, False) and chosen is not None:
        _open(saved[chosen], keys)
    is_default = chosen is not None and chosen == views.default()
    wanted = st.checkbox(
        "Open Runs with this view",
        is_default,
        key=f"view-default-{chosen}",
        **rights.button(Action.SAVE_VIEW, disabled=chosen is None),
    )
    if chosen is not None and wanted != is_default:
        with shown():
            views.set_default(chosen if wanted else None)
    may_remove = rights.button(Action.SAVE_VIEW, disabled=chosen is None)
    if st.button("Remove view", type="tertiary", **may_remove) and chosen:
        with shown():
            views.save(chosen, None)
            st.rerun()


def say(keys: Sequence[str], *, left_out: Sequence[str] = ()) -> None:
    """The name of the chosen view, and once something else is shown, that it was changed, with the way back.

    Call it after all controls, which have brought the URL up to date by then. Differences in `left_out` do not count.
    """
    name, saved = st.session_state.get(NAME), views.read()
    is_opening = st.session_state.pop(OPENING, False)
    if name not in saved:
        return
    view = _parts(saved[name], left_out, keys)
    if LAYOUT not in view:  # the URL always names one, older views do not
        left_out = (*left_out, LAYOUT)
    is_changed = not is_opening and _parts(urlencode(_present(keys)), left_out) != view
    st.markdown(f":material/bookmark: **{plain(name)}**{' (changed)' if is_changed else ''}", width="content")
    if is_changed and st.button(
        "Reset", icon=":material/undo:", key="view-reset", type="tertiary", help="Show the view as it was saved"
    ):
        _open(saved[name], keys)


def _open(query: str, keys: Sequence[str]) -> None:
    st.session_state[OPENING] = True
    st.html(OPEN_VIEW.format(_known(query, keys)), unsafe_allow_javascript=True)


def _present(keys: Sequence[str]) -> list[tuple[str, str]]:
    """What the URL says of the controls now."""
    return [(key, one) for key in keys for one in st.query_params.get_all(key)]


def _parts(query: str, left_out: Sequence[str], keys: Sequence[str] = ()) -> dict[str, list[str]]:
    """The parameters by name; of `keys`, if there are any."""
    found = parse_qs(query)
    return {key: values for key, values in found.items() if key not in left_out and (not keys or key in keys)}


def _same_as_link(keys: Sequence[str]) -> str | None:
    """The saved view that the URL shows, if it is one: of a reload."""
    present = _parts(urlencode(_present(keys)), ())
    return next((name for name, query in views.read().items() if present and _parts(query, (), keys) == present), None)


def _changed() -> None:
    """A callback."""
    st.session_state[CHANGED] = True


def _known(query: str, keys: Sequence[str]) -> str:
    """The parameters of a URL query that belong to the controls of this page; it has no character to escape."""
    return urlencode([(key, value) for key, value in parse_qsl(query) if key in keys])
