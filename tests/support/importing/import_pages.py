"""Helpers for tests of the import pages."""

from streamlit.testing.v1 import AppTest


def button(app: AppTest, label: str):
    return next(button for button in app.button if button.label.startswith(label))


def new(app: AppTest) -> str:
    value = app.query_params["new"]
    return value if isinstance(value, str) else value[0]
