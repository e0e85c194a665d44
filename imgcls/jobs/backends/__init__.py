"""Where trainers run: one file per backend (this machine, a cluster)."""
