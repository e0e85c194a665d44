"""Lessons: their page, the bar that is shown on the other pages during a lesson, and terms explained in place.

They are part of the navigation, because the bar is on every page. Only `stored` is imported before a page begins: the
bar needs the models that read drawings, which take a third of a second to import.
"""
