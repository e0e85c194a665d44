"""The training loop: batches, steps, optimiser, weight averaging, evaluation."""
