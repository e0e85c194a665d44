"""Assignments: a state of a page that a teacher gives to a class, with what is fixed and a goal.

assignment   what an assignment is, and its file: make, find, list
drafts       what a teacher previews before it is handed out
attempts     who has started which run for it: the check before a training run begins
goals        whether a run meets the goal
guesses      what people predicted before their first attempt, and how well calibrated they were
closing      ends it, and evaluates the best run of each person on the test set, once
"""
