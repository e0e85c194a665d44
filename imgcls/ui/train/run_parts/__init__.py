"""Parts of the page of one run.

golden_report   what the run fixed and broke in the golden set
notes           notes, tags and lineage
"""
