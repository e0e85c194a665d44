"""The entry script, the folder of the pages, and the icon (a Material icon would be fetched from another server)."""

import base64
from pathlib import Path

from imgcls.system import paths

HERE = Path(__file__).resolve().parent
ICON = "data:image/png;base64," + base64.b64encode((HERE.parent / "look" / "icon.png").read_bytes()).decode()
"""A data URL: Streamlit would read, hash and store a file at every rerun."""
PAGES = paths.app_folder() / "pages"
ENTRY = HERE / "navigation.py"
