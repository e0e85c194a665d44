"""Which language a visitor gets: the one in the address, else the one they chose earlier, else their browser's.

To add one, add a line here and its catalogue: see docs/how-to/translate.md.
"""

import os

ENGLISH = "en"
LANGUAGES = {"en": "English", "de": "Deutsch (Entwurf)", "es": "Español (borrador)", "fr": "Français (ébauche)"}
"""Code -> name in the language itself. All but English are drafts: no native speaker has revised them yet."""
PSEUDO = "ar-XB"
"""A made-up language for developers, written from right to left, with longer texts: IMGCLS_PSEUDO_LANGUAGE=on."""
PARAMETER, COOKIE = "lang", "imgcls_language"
COOKIE_SECONDS = 365 * 24 * 3600
MOST_ACCEPTED = 1_000
"""Characters of an Accept-Language header that are read."""


def offered() -> dict[str, str]:
    """The languages that a visitor can choose: code -> name."""
    is_on = os.environ.get("IMGCLS_PSEUDO_LANGUAGE") == "on"
    return LANGUAGES | {PSEUDO: "Pseudo (right to left)"} if is_on else LANGUAGES


def direction(code: str) -> str:
    """ "rtl" or "ltr", as in the attribute `dir` of HTML."""
    return "rtl" if code.partition("-")[0] in ("ar", "fa", "he", "ur") else "ltr"


def chosen(parameter: str, cookie: str, accepted: str) -> str:
    """The language for what a request says: its parameter `lang`, its cookie, and its header Accept-Language."""
    known = offered()
    for code in (parameter, cookie):
        if code in known:
            return code
    return next((code for code in _preferred(accepted) if code in known), ENGLISH)


def _preferred(accepted: str) -> list[str]:
    """The languages in an Accept-Language header without their regions, the most wanted first."""
    weighted = []
    for place, entry in enumerate(accepted[:MOST_ACCEPTED].split(",")):
        code, _, parameters = entry.strip().partition(";")
        name, _, value = parameters.strip().partition("=")
        try:
            weight = float(value) if name.strip() == "q" else 1.0
        except ValueError:
            weight = 0.0
        if weight > 0:
            weighted.append((-weight, place, code.strip().partition("-")[0].lower()))
    return [code for *_, code in sorted(weighted)]
