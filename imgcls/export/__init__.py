"""Take a trained model out: files in several formats, each verified in its own runtime before it is offered.

formats/       the formats: to add one, add one file
tolerances     how closely a file must match the run's stored predictions
runtimes       run an exported file: LiteRT, ONNX Runtime, plain Keras in a fresh interpreter
verification   compare a file with the stored predictions
records        the verification record of a file, stored with the run
metadata       what a file says about itself: class names, preprocessing and verification record, inside the file
exporting      the background task that converts, verifies and stores
run_archive    a whole run as a zip file, and back
script/        a plain Keras script that trains the model again
trackers/      a run in TensorBoard, MLflow and Weights & Biases
bundle/        a zip with model card, labels, preprocessing and a script that predicts

Nothing here imports Keras: `python -m imgcls.training.export.convert` does the conversions.
"""
