"""Names stay text: an invisible character interrupts the web and e-mail addresses in them.

Markdown viewers, chat and mail programs turn addresses into links by themselves, after they have removed all escapes.
"""

import re

WORD_JOINER = "\u2060"
_MARKED = re.compile(r":(?=//)|(?:mailto|xmpp)(?=:)|www(?=\.)|@(?=[\w-])", re.IGNORECASE)
"""The places at which GitHub-flavoured Markdown recognises addresses."""
_DOMAIN = re.compile(r"(?<=\w)\.(?=[^\W\d_])")
"""A dot before a letter: chat and mail programs take `evil.example` for an address without any mark."""


def unlinked(text: str) -> str:
    """Text for Markdown, which recognises an address by `https://`, `www.` or `@`."""
    return _MARKED.sub(lambda found: found[0] + WORD_JOINER, text)


def unlinked_domains(text: str) -> str:
    """Text for messages and mails, whose programs also recognise a mere domain."""
    return _DOMAIN.sub("." + WORD_JOINER, unlinked(text))
