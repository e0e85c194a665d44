"""Where the pages lie, and the icon. (A Material icon as page icon would be fetched from a foreign server.)"""

import base64
from pathlib import Path

ICON = "data:image/png;base64," + base64.b64encode(Path(__file__).with_name("icon.png").read_bytes()).decode()
"""As a URL that holds it: from a file, Streamlit would read, hash and store it at every rerun."""
PAGES = Path(__file__).resolve().parents[3] / "pages"
