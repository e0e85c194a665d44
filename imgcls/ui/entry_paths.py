"""Where the pages and the icon lie. (A Material icon as page icon would be fetched from a foreign server.)"""

from pathlib import Path

ICON = Path(__file__).with_name("icon.png")
PAGES = Path(__file__).resolve().parents[2] / "pages"
