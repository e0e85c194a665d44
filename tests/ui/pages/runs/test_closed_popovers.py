"""The controls of *View* and *Filters* while these are closed: the browser repeats what it showed of them last."""

from imgcls.ui.runs.table_parts import archiving, closed_popovers, studies
from tests.support.pages import is_intact, opened
from tests.support.runs import mutations


def repeats(app, key: str, was) -> None:
    """What a browser sends with a click elsewhere after it has shown the control, and its popover was closed."""
    (control,) = (one for kind in ("toggle", "button_group") for one in app.get(kind) if one.key == key)
    control.set_value(was)
    app.text_input(key="q").set_value("").run()


def test_what_was_set_from_outside_stays_until_the_popover_is_opened():
    mutations.small_run("only-run")
    app = opened("runs", layout="Table", archived="true", trials="true")
    for key, button in ((archiving.SHOWN, "remove-archived"), (studies.TRIALS, "remove-trials")):
        app.button(key=button).click().run()
        for _ in range(2):
            repeats(app, key, True)
            assert is_intact(app) and key not in app.query_params and app.session_state[key] is False
    closed_popovers_of = app.session_state[closed_popovers.HELD]
    assert set(closed_popovers_of) == {archiving.SHOWN, studies.TRIALS}


def test_a_link_that_says_otherwise_is_followed():
    mutations.small_run("only-run")
    app = opened("runs", layout="Table", trials="true")
    app.button(key="remove-trials").click().run()
    app.query_params["trials"] = "true"
    repeats(app, studies.TRIALS, True)
    assert is_intact(app) and app.session_state[studies.TRIALS] is True
