"""The queue and the table of all runs, or what to do if there are none."""

from imgcls import runs
from imgcls.ui.runs import deleting, import_model, queue, seeds, table
from imgcls.ui.widgets import empty_state


def show() -> None:
    """The whole page below its title."""
    if everything := runs.all_runs():
        queue.show()
        table.show(everything)
        seeds.show(everything)
    else:
        empty_state.show(
            "No runs yet", "A run is one training with all its results. Your first one takes about a minute."
        )
    import_model.show()
    deleting.undo()
