"""The Studies page: searches for good settings, and what they found.

page           the list of studies, or the one that the URL names
first_study    what it shows before there is a study, with the pictures of `drawings`
results        the figures of one study
trial_curves   the learning curves of all its trials
trials_table   its trials, the best first
brushing       trials chosen by dragging over an axis
adding         more trials for a study that has ended
renaming       its name, in a dialog
failures       why trials have no score
words          what settings are called, and what they do
deleting       studies are deleted after a question, and restored
"""
