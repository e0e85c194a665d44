"""The Train page: the settings form, pre-flight checks, the live view of a run."""
