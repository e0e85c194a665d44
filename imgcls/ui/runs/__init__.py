"""The Runs page.

queue.py      the queue
table.py      the table of all runs
deleting.py   deletes runs, and restores them
run_list.py   the short list that Home shows
"""
