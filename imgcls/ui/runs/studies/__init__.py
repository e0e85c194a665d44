"""The Studies page: searches for good settings, and what they found.

page           the list of studies, or the one that the URL names
first_study    what it shows before there is a study, with the pictures of `drawings`
results        the figures of one study
trial_curves   the learning curves of all its trials
trials_table   its trials, the best first
adding         more trials for a study that has ended
renaming       its name, in a dialog
deleting       studies are deleted after a question, and restored
"""
