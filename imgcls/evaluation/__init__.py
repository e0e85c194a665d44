"""How good the predictions of a run are."""
