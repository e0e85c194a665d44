"""Where the pages lie."""

from pathlib import Path

PAGES = Path(__file__).resolve().parents[2] / "pages"
