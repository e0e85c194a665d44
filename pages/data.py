"""What data is there to learn from? Datasets, their analysis, and the import of your own images."""

from imgcls.ui.app.assignments import form
from imgcls.ui.data import page

ORDER = 10
ICON = ":material/photo_library:"

page.show()
form.offer("data")
