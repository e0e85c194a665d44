"""What was done to an image, as a sentence for the user that also knows its kind."""


class Note(str):
    """A sentence about one image. `kind` is the same for all images to which the same was done: an import counts it."""

    kind: str

    def __new__(cls, text: str, kind: str = "") -> "Note":
        note = super().__new__(cls, text)
        note.kind = kind or text.rstrip(".")
        return note


def kind_of(note: str) -> str:
    """The kind of a note; a plain string is its own kind."""
    return note.kind if isinstance(note, Note) else note.rstrip(".")
