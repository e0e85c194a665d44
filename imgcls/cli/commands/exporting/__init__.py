"""Commands that write something for elsewhere: a model, figures, a report, a whole run, other experiment trackers."""
