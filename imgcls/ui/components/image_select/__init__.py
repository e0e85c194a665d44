"""Images of a gallery that can be selected by click, Shift+click, dragging or keyboard.

The gallery is HTML: tiles with a `value`, in a grid with the same key (`imgcls.ui.widgets.gallery`). The selection is
an ordinary value in the session, so that buttons can read and change it.
"""

from collections.abc import Collection, Sequence

import streamlit as st

from imgcls.languages import N_
from imgcls.ui.components.component import own_component

HINT = N_("Click an image, Shift+click for a range, or drag over several.")


def show(key: str, values: Sequence[int], *, is_single: bool = False) -> list[int]:
    """Makes the gallery of this key selectable, and gives the selected ones of its `values`, in their order.

    With `is_single`, exactly one is selected, as in a group of radio buttons; put the first one there with `choose`.
    """
    control = f"select-{key}"

    def receive() -> None:
        message = (st.session_state.get(control) or {}).get("chosen")
        if isinstance(message, dict) and message.get("edition") == _edition(key):
            st.session_state[_name(key)] = accepted(message.get("values"), values)

    selected = chosen(key, values)
    data = {"gallery": key, "edition": _edition(key), "selected": selected, "isSingle": is_single}
    own_component("image_select", "")(key=control, data=data, on_chosen_change=receive)
    return selected


def chosen(key: str, values: Sequence[int]) -> list[int]:
    """The selected ones of the `values`, also before the gallery is shown."""
    found = set(st.session_state.get(_name(key), ()))
    return [value for value in values if value in found]


def last(key: str, values: Sequence[int]) -> int | None:
    """The one of the `values` that was selected last."""
    found = [value for value in st.session_state.get(_name(key), ()) if value in values]
    return found[-1] if found else None


def choose(key: str, values: Sequence[int]) -> None:
    """Selects these images, and no others. For callbacks: from the next run of the page on."""
    st.session_state[_name(key)] = list(values)
    st.session_state[f"edition-{key}"] = _edition(key) + 1


def accepted(message: object, values: Collection[int]) -> list[int]:
    """What a browser sent, without anything that is not one of the gallery's values."""
    sent = message if isinstance(message, list) else []
    return [value for value in sent if type(value) is int and value in values]


def _name(key: str) -> str:
    return f"chosen-{key}"


def _edition(key: str) -> int:
    return st.session_state.get(f"edition-{key}", 0)
