"""Lessons: their page, the bar that is shown on the other pages during a lesson, and terms explained in place.

They are part of the navigation, because the bar is on every page.
"""
