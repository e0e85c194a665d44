"""The trainer as a process.

checkpoint.py        everything needed to continue exactly
control.py           requests, signals, pauses, turns
heartbeat.py         shows that the trainer is alive
metrics_writer.py    writes metrics.jsonl
terminal.py          progress in a terminal
failures.py          error messages
gpu_memory.py        a batch size that fits
"""
