"""The instructions of an assignment as Markdown, of which only what is harmless keeps its meaning.

Bold, italics, lists and links to the web are recognised here and written again; every other character is escaped. So
HTML, images, formulas, headings and whatever else Streamlit's Markdown knows stay plain text.
"""

import re
from urllib.parse import quote, urlsplit

from imgcls.ui.app.errors import plain

ITEM = re.compile(r"(?P<indent>[ \t]*)(?:(?P<bullet>[-*•])|(?P<number>\d{1,2})[.)])[ \t]+(?P<text>\S.*)")
ADDRESS = r"https?://[^\s<>()\[\]\\\"'`]{1,500}"
INLINE = re.compile(
    r"\*\*(?P<bold>[^\s*](?:[^*]*[^\s*])?)\*\*"
    r"|(?<![\w*])\*(?P<italic>[^\s*](?:[^*]*[^\s*])?)\*(?![\w*])"
    rf"|\[(?P<label>[^\[\]]{{1,200}})\]\((?P<link>{ADDRESS})\)"
    rf"|(?P<bare>{ADDRESS}(?<![.,;:!?*_]))",
    re.IGNORECASE,
)
NESTED = 2
"""From so many spaces on, an item belongs to the one above."""
URL_CHARACTERS = "/:?#=&%+,;~@"
"""Those that stay as they are; Markdown gives none of them a meaning inside a link."""


def markdown(text: str) -> str:
    """Markdown for `st.markdown`, whatever the text contains."""
    blocks: list[list[str]] = []
    was_item = False
    for line in text.splitlines():
        found = ITEM.fullmatch(line.rstrip())
        if not line.strip():
            blocks.append([])
            was_item = False
        elif found is not None:
            if not was_item:
                blocks.append([])
            blocks[-1].append(_item(found, is_nested=was_item and len(found["indent"].expandtabs(4)) >= NESTED))
            was_item = True
        else:
            if was_item or not blocks:
                blocks.append([])
            blocks[-1].append(f"{_inline(line.strip())}  ")  # two spaces keep the end of the line
            was_item = False
    return "\n\n".join("\n".join(block).rstrip() for block in blocks if block)


def _item(found: re.Match[str], *, is_nested: bool) -> str:
    mark = "-" if found["bullet"] else f"{found['number']}."
    return f"{'    ' * is_nested}{mark} {_inline(found['text'])}"


def _inline(text: str) -> str:
    written, end = [], 0
    for found in INLINE.finditer(text):
        written += [plain(text[end : found.start()]), _marked(found)]
        end = found.end()
    return "".join([*written, plain(text[end:])])


def _marked(found: re.Match[str]) -> str:
    if found["bold"]:
        return f"**{_inline(found['bold'])}**"
    if found["italic"]:
        return f"*{_inline(found['italic'])}*"
    address = found["link"] or found["bare"]
    if not _is_web(address):
        return plain(found[0])
    return f"[{plain(found['label'] or address)}]({quote(address, safe=URL_CHARACTERS).replace('&', '&amp;')})"


def _is_web(address: str) -> bool:
    """Whether it is the address of a page; one with a name before an @ pretends to be on another site."""
    try:
        parts = urlsplit(address)
        return parts.scheme.casefold() in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False
