"""The Predict page: drawing, photos, batches, games."""
