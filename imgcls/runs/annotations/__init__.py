"""What people add to a run, or take from it.

tags             tags on test images
notes            notes on the run and its epochs, tags of the run, and whether it is archived
holdout_usage    how often a test set has been used
own_metrics      values of the user's own code
withdrawn        images that the run must no longer show
"""
