"""Excluding and relabelling training images.

actions      make, undo and store edits; open a dataset with its edits applied
image_lists  lists of images as CSV and JSON files, and edits applied from such a file
"""
