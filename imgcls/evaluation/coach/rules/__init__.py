"""The rules of the coach, one file each, found by name."""
