"""One module for each subcommand of `imgcls`; `imgcls.cli.main.COMMANDS` names their functions."""
