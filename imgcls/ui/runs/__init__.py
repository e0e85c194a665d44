"""The Runs page.

queue.py         the queue
table.py         the table of all runs; table_controls.py, table_columns.py and table_parts/ belong to it
notifications.py the button and the dialog in which notifications are set up
import_model.py  a model that was trained elsewhere becomes a run
run_list.py      what Home shows of a run, and the pills that filter lists
"""
