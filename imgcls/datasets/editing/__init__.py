"""Edits of a dataset: excluded and relabelled training images. Image and label files are never modified.

edit_list    the edits themselves and their file
apply        make, undo and store edits; open a dataset with its edits applied
"""
