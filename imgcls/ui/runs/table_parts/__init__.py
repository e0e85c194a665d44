"""What belongs to the table of runs.

actions       what can be done with the selected runs: open, rename, tag, archive, delete
archiving     archives runs, and takes it back
curves        the learning curves of the selected runs
deleting      deletes runs, and restores them
groups        the table of groups
scores        the scores of the selected runs, and their differences
saved_views   the saved views: open, save, remove
studies       a study as one row of the table
undo_notice   what was done with runs last, and the button that takes it back
"""
