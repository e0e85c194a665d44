"""The Runs page: the queue and the table of runs."""
