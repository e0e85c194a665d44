"""Which settings are best?"""

from imgcls.ui.runs.studies import page

ORDER = 35
ICON = ":material/travel_explore:"

page.show()
