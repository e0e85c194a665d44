"""The `imgcls` command: its subcommands (`commands`), one table of exit codes, and the old spellings."""
