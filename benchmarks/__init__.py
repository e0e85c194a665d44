"""How fast the playground is, and how well its digit model reads: one module a question.

    python -m benchmarks.first_paint         the home page, against an empty Streamlit app
    python -m benchmarks.train_overhead      the trainer, against thirty lines of plain Keras
    python -m benchmarks.drawing_latency     from a movement of the pen to the painted answer
    python -m benchmarks.stroke_attribution        until the strokes of a drawing are blamed for its answer
    python -m benchmarks.predict_throughput  pictures a second of the pages' code, against the bare interpreter
    python -m benchmarks.rejection              how often one digit is taken for two, and how often two are found
    python -m benchmarks.rerun_cpu           what a rerun of each page costs the server
    python -m benchmarks.evaluate_click      from a click on a cell of the matrix to its painted pictures
    python -m benchmarks.evaluate_first_paint  the Evaluate page of runs with 10 and with 100 classes, and its memory
    python -m benchmarks.start_to_first_point  from the press of Start to the first point of the curve
    python -m benchmarks.pause_latency       until a training has paused
    python -m benchmarks.stop_latency        until a training has stopped
    python -m benchmarks.checkpoint_cost     what checkpoints cost a training
    python -m benchmarks.side_by_side        do a training and people on the pages disturb each other?
    python -m benchmarks.time_to_accuracy    a recipe, against the script of a tutorial
    python -m benchmarks.import_zip          60,000 pictures in a zip, to a data set
    python -m benchmarks.augmentation_cost   what random changes of pictures add to a step
    python -m benchmarks.transfer_epoch      a head on kept features, against the base in the model
    python -m benchmarks.first_classifier    from a zip of photographs to an evaluated model
    python -m benchmarks.large_set           two hundred thousand pictures: first paint, memory of server and trainer
    python -m benchmarks.bfloat16_gain       numbers of 16 bits, against those of 32: pictures a second
    python -m benchmarks.bfloat16_accuracy   the same: test accuracy
    python -m benchmarks.explain_latency     Grad-CAM and occlusion maps of the shipped models
    python -m benchmarks.compare             is one model better than another: time, and honesty of the interval
    python -m benchmarks.robustness          1,000 pictures damaged in 40 ways: time, and what the pages feel
    python -m benchmarks.photo_latency       from the last byte of a photo of 12 megapixels to its answer
    python -m benchmarks.live_rate           answers a second to the live camera
    python -m benchmarks.digit_model         how many drawn digits the shipped model reads

Each prints one JSON line last. What is measured in time is a ratio or a median from one run, but a busy machine still
shows: the line tells the load under which it was taken. They work in temporary folders and end what they start.
"""

from pathlib import Path

TOPICS = ("data_and_evaluation", "pages", "prediction", "renamed", "training")
__path__.extend(str(Path(__file__).parent / topic) for topic in TOPICS)
"""Modules are grouped by topic; `python -m benchmarks.NAME` finds each by its name alone."""
