"""The entry script, the folder of the pages, and the icon (a Material icon would be fetched from another server)."""

import base64
from pathlib import Path

from imgcls.system import paths

ICON = "data:image/png;base64," + base64.b64encode(Path(__file__).with_name("icon.png").read_bytes()).decode()
"""A data URL: Streamlit would read, hash and store a file at every rerun."""
PAGES = paths.app_folder() / "pages"
ENTRY = Path(__file__).with_name("navigation.py").resolve()
