"""The sections of the Evaluate page: one file each."""
