"""The lessons, one file each; `imgcls.lessons` describes what a file contains."""
