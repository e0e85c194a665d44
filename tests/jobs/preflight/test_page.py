"""Pre-flight checks on the Train page."""

import pytest
from streamlit.testing.v1 import AppTest

from imgcls.config import Config
from imgcls.jobs.preflight import checks, lr_finder
from tests.support.pages import button, prepared
from tests.support.runs.preflight_checks import FOUND, RISING, SMALL, finder_losses, processes, state_of, store_check

pytestmark = pytest.mark.timeout(300)


def opened(config: Config, *, unfolded: bool = True) -> AppTest:
    from imgcls.ui.train import settings_form

    app = prepared("train", **settings_form.query_of(settings_form.form_of(config)))
    app.session_state["probes"] = unfolded
    return app.run()


def test_a_closed_section_computes_nothing(digits, monkeypatch):
    monkeypatch.setattr(checks, "task_of", None)

    app = opened(SMALL, unfolded=False)
    assert not app.exception
    assert "Check these settings" not in [found.label for found in app.button]


def test_the_page_shows_the_indicators_and_copies_the_suggestion_into_the_form(digits):
    store_check("check", SMALL, FOUND)
    store_check("rates", SMALL, {"rates": RISING.tolist(), "losses": finder_losses().tolist()})
    suggested = lr_finder.suggestion(RISING, finder_losses())
    app = opened(SMALL)

    text = "\n".join(element.value for element in app.markdown)
    assert text.count("check_circle: Good") == 6
    button(app, f"Use {suggested:g}").click().run()
    assert not app.exception
    assert app.number_input(key="learning_rate").value == suggested
    assert button(app, f"{suggested:g} applied").disabled
    assert "Check these settings" in [found.label for found in app.button]  # the check used another rate


@pytest.mark.parametrize("message", ["", "It broke <b>here</b>."])
def test_the_page_explains_why_a_check_has_no_result(message, digits):
    store_check("check", SMALL, {}, failure=message)
    (store_check("rates", SMALL, {}) / "result.json").write_text("{")
    app = opened(SMALL)

    assert not app.exception
    warnings = [warning.value.replace("\\", "") for warning in app.warning]
    assert any("The check has no result" in text for text in warnings)
    assert any("The learning-rate finder has no result" in text and checks.DAMAGED in text for text in warnings)


def test_clicking_check_starts_a_preflight_check(digits, wait_until):
    app = opened(SMALL)
    button(app, "Check these settings").click().run()

    assert not app.exception
    assert button(app, "Check these settings").disabled
    assert state_of("check", SMALL).state == "running"
    checks.discard(checks.task_of("check", SMALL))
    wait_until(lambda: not processes())
