"""The app in other languages: English texts in the code are the keys, catalogues hold the translations. No Streamlit.

    from imgcls.languages import gettext as _

    st.button(_("Start"))
    _("Step {number} of {count}").format(number=1, count=5)
    ngettext("{n} image", "{n} images", count).format(n=count)

    CHOICES = (N_("Yes"), N_("No"))     # a constant: marked here, translated by _() where it is shown

choice       which language a visitor gets
catalogues   reads the translations: <language>/LC_MESSAGES/imgcls.po
extraction   what `pybabel extract` finds beside the calls of _(): texts of lessons, titles of pages, the glossary

Call `_` when a text is shown, never when a module is imported, and cache no translated text: the next visitor may read
another language. A text without a translation stays English. How to translate: docs/how-to/translate.md.
"""

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from imgcls.languages import catalogues
from imgcls.languages.choice import ENGLISH as ENGLISH
from imgcls.languages.choice import LANGUAGES as LANGUAGES
from imgcls.languages.choice import direction as direction
from imgcls.languages.choice import offered as offered

MOST_EXACT = 1e12
"""From here on, numbers have no decimals worth rounding, and infinite ones cannot be rounded at all."""
PERCENT_SCRIPT = Path(__file__).with_name("percent.js")
"""English percentages in JavaScript: a module for the pages that compute scores themselves."""

_speaking: ContextVar[str | None] = ContextVar("language", default=None)
_provider: Callable[[], str] | None = None


def current() -> str:
    """The code of the language in which texts are shown at the moment; English in code that runs for no page."""
    said = _speaking.get()
    if said is not None:
        return said
    return ENGLISH if _provider is None else _provider()


@contextlib.contextmanager
def speaking(code: str) -> Iterator[None]:
    """Inside the block, texts are in this language."""
    token = _speaking.set(code)
    try:
        yield
    finally:
        _speaking.reset(token)


def provide(provider: Callable[[], str] | None) -> None:
    """Let `provider` say the language wherever `speaking` has not: in the threads in which Streamlit runs pages."""
    global _provider
    _provider = provider


def gettext(text: str) -> str:
    """A text in the present language; the English one if it has no translation."""
    code = current()
    return catalogues.translations(code).gettext(text) if code != ENGLISH and text else text


def ngettext(singular: str, plural: str, number: int) -> str:
    """The form that the present language has for this number; the caller fills the number in."""
    code = current()
    if code == ENGLISH:
        return singular if number == 1 else plural
    return catalogues.translations(code).ngettext(singular, plural, number)


def N_(text: str) -> str:
    """Marks a constant for translation and returns it unchanged."""
    return text


def percentage(fraction: float, digits: int = 1) -> float:
    """The percentage to show with so many decimals. Only 1 is 100: 0.9996 is 99.9, not rounded up."""
    return 100 * fraction if fraction >= 1 else min(100 * fraction, 100 - 10**-digits)


def rounded(value: float, digits: int) -> float:
    """With so many decimals, as browsers round: 91.25 is 91.3, whereas Python takes the even digit, 91.2."""
    if not abs(value) < MOST_EXACT:
        return float(value)
    return float(Decimal(float(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))


def percent(fraction: float | None, digits: int = 1, code: str | None = None) -> str:
    """A fraction as a percentage: '97.3%' in English, '97,3 %' in German. Only 1 is '100.0%'; None and NaN are dashes.

    `code` is the language, by default the present one.
    """
    if fraction is None or fraction != fraction:
        return "–"
    code, value = code or current(), rounded(percentage(fraction, digits), digits)
    is_plain = code == ENGLISH or not abs(value) < MOST_EXACT  # Babel cannot write these
    return f"{value:.{digits}f}%" if is_plain else catalogues.percent(value / 100, digits, code)


def number(value: int) -> str:
    """A whole number: '1,200' in English, '1.200' in German."""
    code = current()
    return f"{value:,}" if code == ENGLISH else catalogues.number(value, code)


def duration(seconds: float | None) -> str:
    """'2 min 10 s', '45 s', '3 h 05 min'; a dash if unknown. The units are the same in all languages."""
    if seconds is None:
        return "–"
    seconds = max(0, round(seconds))
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60:02} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60:02} min"


def decimal(value: float, digits: int) -> str:
    """A number with so many decimals: '0.7' in English, '0,7' in German."""
    code, value = current(), rounded(value, digits)
    return f"{value:,.{digits}f}" if code == ENGLISH else catalogues.decimal(value, digits, code)
