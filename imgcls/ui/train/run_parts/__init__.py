"""Parts of the page of one run.

beginning       the steps before the first numbers
details         settings and log
golden_report   what the run fixed and broke in the golden set
live_images     images whose predictions change during the training
notes           notes, tags and lineage
own_metrics     values that the user's own code has recorded
place           where it trains
status          what it does at the moment
"""
