"""What a finished training writes: the exported model, test predictions, data for explanations."""
