"""What belongs to the table of runs.

actions       what can be done with the selected runs: open, rename, tag, archive, delete
archiving     archives runs, and takes it back
deleting      deletes runs, and restores them
curves        validation curves of several runs; of repeated runs the mean
groups        the table of groups
scores        the scores of the selected runs, and their differences
saved_views   the saved views: open, save, remove
sections      the groups as sections that can be opened and closed
shown_columns the columns that are shown without being chosen
studies       a study as one row of the table
tagging       the tags of the selected runs
undo_notice   what was done with runs last, and the button that takes it back
table_rows    the rows, and which of them are selected
"""
