"""Visual search on the Data and Predict pages.

view.py       the query on the Data page: an image of the dataset, or the user's own
results.py    builds the index if there is none; the images found, with edits and export
"""
