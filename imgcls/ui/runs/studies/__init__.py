"""The Studies page: searches for good settings, and what they found.

page       the list of studies, or the one that the URL names
results    the figures of one study
"""
