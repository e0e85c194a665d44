"""An assignment on the pages.

banner    the text above a page whose address names one, and its fixed controls
instructions   the teacher's text as Markdown, of which only what is harmless keeps its meaning
form      for a teacher: makes one of the present state of a page
attempt   a run for one: the prediction before it begins, and the verdict on it
"""
