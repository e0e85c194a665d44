"""Former names of commands: they keep working, with a hint."""
