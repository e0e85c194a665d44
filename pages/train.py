"""How is a model trained? Choose, press Start, watch."""

from imgcls.ui.runs.table_parts import actions
from imgcls.ui.train import page

ORDER = 20
ICON = ":material/model_training:"

page.show(actions.of_run)
