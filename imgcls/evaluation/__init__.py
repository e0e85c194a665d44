"""How good the predictions of a run are.

predictions/   a run's predictions: read, merged, at a threshold
metrics/       scores of predictions, with confidence intervals
selection      which test images are shown
comparison     is one run better than another?
hard_examples  test images that are hard for a model
label_errors/  labels that are probably wrong
coach/         what a training run shows to be wrong, and a change that should help
robustness/    accuracy on corrupted images
report/        a run as one HTML file, and as numbers for programs
image_files    the accuracy on image files in folders named after the classes
model_import/  models that were trained elsewhere
run_command    what the background processes of a run have in common
"""
