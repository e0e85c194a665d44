"""The page "Class" of a server in classroom mode."""
