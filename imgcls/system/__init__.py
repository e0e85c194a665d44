"""Files, folders, locks and processes of this machine. Knows nothing about images."""
