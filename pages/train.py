"""How is a model trained? Choose, press Start, watch."""

from imgcls.ui.train import page

page.show()
