"""One-time preparation: download, validate, write memory-mapped arrays."""
