"""The translations: one gettext catalogue for each language, `<code>/LC_MESSAGES/imgcls.po`.

They are read as they are, so nothing has to be compiled after a change. Babel is imported when the first visitor reads
another language than English.
"""

import gettext
import io
from functools import lru_cache
from pathlib import Path

from imgcls.languages.choice import PSEUDO

HERE = Path(__file__).parent
FILLER = "نص أطول "
"""What the pseudo-language adds to each text."""


def path_of(code: str) -> Path:
    """The catalogue of a language."""
    return HERE / code / "LC_MESSAGES" / "imgcls.po"


@lru_cache
def translations(code: str) -> gettext.NullTranslations:
    """The translations into a language; entries that are empty or marked fuzzy stay English."""
    if code == PSEUDO:
        return Pseudo()
    from babel.messages import mofile, pofile

    with path_of(code).open("rb") as file:
        catalogue = pofile.read_po(file, locale=code)
    compiled = io.BytesIO()
    mofile.write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def percent(fraction: float, digits: int, code: str) -> str:
    """A fraction as a percentage, as it is written in this language."""
    from babel import Locale, numbers

    locale = Locale.parse(code.partition("-")[0])
    decimals = f".{'0' * digits}" if digits else ""
    pattern = locale.percent_formats[None].pattern.replace("#,##0", f"#,##0{decimals}")
    return numbers.format_percent(fraction, pattern, locale, numbering_system="latn")


def number(value: int, code: str) -> str:
    """A whole number, as it is written in this language."""
    from babel import numbers

    return numbers.format_decimal(value, locale=code.partition("-")[0], numbering_system="latn")


def decimal(value: float, digits: int, code: str) -> str:
    """A number with so many decimals, as it is written in this language."""
    from babel import numbers

    pattern = f"#,##0.{'0' * digits}"
    return numbers.format_decimal(value, pattern, locale=code.partition("-")[0], numbering_system="latn")


class Pseudo(gettext.NullTranslations):
    """English with two fifths of Arabic letters added, to see whether pages have room and turn around."""

    def gettext(self, message: str) -> str:
        """The text, longer."""
        length = max(3, len(message) * 2 // 5)
        return f"{message} {(FILLER * length)[:length].strip()}"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """The English form, longer."""
        return self.gettext(msgid1 if n == 1 else msgid2)
