"""The `imgcls` command: one module for each subcommand, one table of exit codes, and the old spellings."""
