"""Navigation, start-up, error display and the choice of a run."""
