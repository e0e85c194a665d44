"""Which language is spoken where, and how texts and numbers look in it."""

import subprocess
import sys
import threading

import pytest

from imgcls import languages
from imgcls.languages import choice, ngettext
from imgcls.languages import gettext as _

NARROW, FIXED = "\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("parameter", "cookie", "accepted", "expected"),
    [
        ("", "", "", "en"),
        ("de", "fr", "es", "de"),
        ("", "fr", "es", "fr"),
        ("", "", "es-MX,es;q=0.9,en;q=0.8", "es"),
        ("", "", "it,fr;q=0.5,de;q=0.7", "de"),
        ("", "", "en-GB,de;q=0.9", "en"),
        ("", "", "de;q=0,fr;q=0.1", "fr"),
        ("", "", "fr;q=x,de;q=0.3,*;q=0.1", "de"),
        ("xx", "<script>", ";;,=,q", "en"),
        ("../de", "ar-XB", "a" * 10_000, "en"),
    ],
)
def test_a_visitor_gets_the_language_they_asked_for_then_that_of_their_browser(parameter, cookie, accepted, expected):
    assert choice.chosen(parameter, cookie, accepted) == expected


def test_the_pseudo_language_is_for_developers_alone(monkeypatch):
    assert choice.PSEUDO not in languages.offered()
    monkeypatch.setenv("IMGCLS_PSEUDO_LANGUAGE", "on")
    assert choice.chosen(choice.PSEUDO, "", "") == choice.PSEUDO
    assert languages.direction(choice.PSEUDO) == "rtl" and languages.direction("de") == "ltr"
    with languages.speaking(choice.PSEUDO):
        text = "Step {number} of {count}"
        assert _(text).startswith(text + " ") and len(_(text)) > 1.3 * len(text)
        assert ngettext("{n} day ago", "{n} days ago", 2).startswith("{n} days ago ")
        assert "50" in languages.percent(0.5) and "1" in languages.number(1)


def test_texts_are_translated_inside_the_block_and_stay_english_without_a_translation():
    with languages.speaking("de"):
        assert _("Predict") == "Vorhersagen"
        assert [ngettext("{n} day ago", "{n} days ago", n) for n in (1, 2)] == ["vor {n} Tag", "vor {n} Tagen"]
        assert _("a text that nobody has translated") == "a text that nobody has translated" and _("") == ""
        with languages.speaking("fr"):
            assert _("Predict") == "Prédire" and ngettext("{n} day ago", "{n} days ago", 0) == "il y a {n} jour"
    assert _("Predict") == "Predict" and ngettext("{n} day ago", "{n} days ago", 1) == "{n} day ago"


@pytest.mark.parametrize(
    ("code", "percent", "number"),
    [
        ("en", "97.3%", "12,345"),
        ("de", f"97,3{FIXED}%", "12.345"),
        ("es", f"97,3{FIXED}%", "12.345"),
        ("fr", f"97,3{FIXED}%", f"12{NARROW}345"),
    ],
)
def test_numbers_are_written_as_in_the_language(code, percent, number):
    with languages.speaking(code):
        assert (languages.percent(0.973), languages.number(12_345)) == (percent, number)
        assert languages.percent(0.5, 0).startswith("50")


def test_another_thread_speaks_english_and_so_does_code_that_runs_for_no_page():
    said = []
    with languages.speaking("de"):
        thread = threading.Thread(target=lambda: said.append(_("Predict")))
        thread.start()
        thread.join()
    assert said == ["Predict"]


def test_the_provider_says_the_language_where_no_block_does():
    languages.provide(lambda: "es")
    try:
        assert _("Predict") == "Predecir"
        with languages.speaking("en"):
            assert _("Predict") == "Predict"
    finally:
        languages.provide(None)


def test_english_needs_no_babel():
    code = "import sys; from imgcls.languages import gettext; gettext('Predict'); assert 'babel' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
