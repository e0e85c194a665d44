"""Parts of the page of one run.

beginning       the steps before the first numbers
details         settings and log
finish          what a finished run has achieved, and what to do with it
golden_report   what the run fixed and broke in the golden set
live_images     images whose predictions change during the training
live_numbers    accuracy, speed and time left during the training
notes           notes, tags and lineage
own_metrics     values that the user's own code has recorded
place           where it trains
status          what it does at the moment
"""
