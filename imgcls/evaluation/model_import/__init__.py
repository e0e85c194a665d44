"""Brings in a model that was trained elsewhere: inspected, converted if needed and evaluated in a sandbox.

    inspection.py   what a model file says about itself, found out in a sandbox
    answers.py      what only the user can know, and which of it can be inferred
    scaling.py      finds the scaling of pixel values by trying it on training images
    create_run.py   evaluates the model on a dataset and makes a run of it
    task.py         the same in the background, for pages

The result is a run folder with `imported.json` (`imgcls.config.imported_model`), which pages use like any other. Its
model is only ever run in a sandbox (`imgcls.inference.sandbox`).
"""
