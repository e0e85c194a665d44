"""Lessons on the real pages, from the first drawing to a model that is taken home."""

from imgcls.ui.app.lessons import page

ORDER = 5
ICON = ":material/school:"

page.show()
