"""Model families: one file each, found by its name. `imgcls.models` describes what a file contains."""
