"""What MkDocs runs while it builds the site: writes the reference pages from the code, adapts links, and adds the
pictures of the glossary.

The pages are never committed, so they cannot disagree with the code. A link from the documentation to a file outside
docs/ works in the repository; the site does not contain that file, so there it becomes plain text.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # MkDocs loads this file on its own; neither imgcls nor docs need be installed

from mkdocs.config.defaults import MkDocsConfig  # noqa: E402
from mkdocs.structure.files import File, Files  # noqa: E402
from mkdocs.structure.pages import Page  # noqa: E402

from docs.reference import command_line, environment, python_api, rest_api, settings  # noqa: E402
from imgcls.lessons import glossary  # noqa: E402

PAGES = {
    "reference/settings.md": settings.page,
    "reference/command-line.md": command_line.page,
    "reference/python-api.md": python_api.page,
    "reference/rest-api.md": rest_api.page,
    "reference/environment.md": environment.page,
}
ICON = "imgcls/ui/look/icon.png"
LINK = re.compile(r"(?<!!)\[([^\]\n]+)\]\((?!https?:|#|mailto:)([^)\s]+)\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the reference pages and the app's icon."""
    for path, write in PAGES.items():
        files.append(File.generated(config, path, content=write()))
    files.append(File.generated(config, "assets/favicon.png", abs_src_path=str(ROOT / ICON)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Adds pictures to the glossary, and turns links that leave docs/ into the text of the link. A link to a file that
    does not exist stays, and the build reports it."""
    if page.file.src_uri == "glossary.md":
        return glossary.as_markdown(is_illustrated=True)
    folder, inside = Path(config.docs_dir) / page.file.src_uri, Path(config.docs_dir)

    def adapted(match: re.Match[str]) -> str:
        target = (folder.parent / match[2].partition("#")[0]).resolve()
        is_outside = target.exists() and not target.is_relative_to(inside)
        return match[1] if is_outside else match[0]

    return LINK.sub(adapted, markdown)
