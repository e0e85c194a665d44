"""Predictions that the trainer stores in a run's folder for images that are not in the test set.

epoch_predictions       epochs.npz: for validation images, after each epoch
live_predictions        live.npz: the newest of these during the training, and a few images to watch
validation_predictions  validation.npz: for validation images, by the final model
filters                 filters.jsonl: not predictions, but the filters of the first layer after each epoch
fold_predictions        folds.npz: for the training images of a run with cross-validation

Predictions for the test set are in `imgcls.evaluation.predictions`.
"""
