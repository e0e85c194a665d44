"""Which of the images that were read are kept, for which class, and in which split.

plan     what happens to each image
units    which images must stay together in every split
holdout  choose a test set if the source has none
"""
