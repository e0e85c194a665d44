"""The trainer as a process: checkpoints, control, heartbeat, metrics log, terminal output."""
