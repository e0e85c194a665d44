"""The Runs page: the queue (queue.py), the table of all runs (table.py), and the short list that Home shows."""
