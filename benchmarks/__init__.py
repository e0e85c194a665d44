"""How fast the playground is, and how well its digit model reads: one module per question.

    python -m benchmarks.first_paint             the home page, against an empty Streamlit app
    python -m benchmarks.rerun_cpu               server CPU time per rerun of each page
    python -m benchmarks.evaluate_click          a click on a confusion-matrix cell until its images are painted
    python -m benchmarks.evaluate_first_paint    the Evaluate page with 10 and 100 classes, and its memory
    python -m benchmarks.side_by_side            do training and visitors slow each other down?
    python -m benchmarks.large_set               200,000 images: first paint, memory of server and trainer
    python -m benchmarks.audience_wall           200 phones draw: until the wall shows it, and the model on a phone
    python -m benchmarks.classroom               100 sessions in a class: reruns, predictions, memory; `soak`: an hour
    python -m benchmarks.ten_minutes             a new server until the class has a model and a leaderboard
    python -m benchmarks.drawing_latency         a pen movement until the prediction is painted
    python -m benchmarks.live_rate               predictions per second of the live webcam
    python -m benchmarks.photo_latency           a 12-megapixel photo until its prediction is painted
    python -m benchmarks.predict_throughput      images per second, against the bare interpreter
    python -m benchmarks.rest_service            a request to `imgcls serve`, eight clients at once, and its memory
    python -m benchmarks.explain_latency         Grad-CAM and occlusion maps of the shipped models
    python -m benchmarks.stroke_attribution      the contribution of each stroke of a drawing
    python -m benchmarks.rejection               incorrectly rejected digits; detected pairs and scribbles
    python -m benchmarks.handwriting_photos      digits read from crops and photos, also with OpenCV
    python -m benchmarks.digit_model             accuracy of the shipped model on hand-drawn digits
    python -m benchmarks.visual_search           a search among 100,000 images, and whether it finds the right class
    python -m benchmarks.train_overhead          the trainer, against thirty lines of plain Keras
    python -m benchmarks.start_to_first_point    pressing Start until the first point of the curve
    python -m benchmarks.pause_latency           until training has paused
    python -m benchmarks.stop_latency            until training has stopped
    python -m benchmarks.start_stop              trainers that crash when started and ended on a busy machine
    python -m benchmarks.checkpoint_cost         what checkpoints cost
    python -m benchmarks.augmentation_cost       what augmentation adds to a step
    python -m benchmarks.time_to_accuracy        a recipe, against a tutorial script
    python -m benchmarks.transfer_epoch          a head on cached features, against the backbone in the model
    python -m benchmarks.lessons                 the numbers that the lessons state, measured again
    python -m benchmarks.seeds                   eight seeds of a head on cached features
    python -m benchmarks.runs_10k                list, filter, search and compare among 10,000 runs
    python -m benchmarks.runs_table              open, filter, select and scroll the table of 1,000 runs in a browser
    python -m benchmarks.crowded_folder          1,000 trainers write to one folder, 100 readers list it
    python -m benchmarks.study_overhead          a study's trials per minute, against the bare trainer
    python -m benchmarks.backend_latency         submitting a run until its trainer's first heartbeat, for each backend
    python -m benchmarks.ray_study               a study on two Ray nodes of which one is killed, and the queue with it
    python -m benchmarks.mirror_lag              how late live curves are that arrive through object storage
    python -m benchmarks.presets                 the presets of the Train page: time and test accuracy
    python -m benchmarks.first_classifier        a zip of photos until an evaluated model
    python -m benchmarks.bfloat16_gain           bfloat16 against float32: images per second
    python -m benchmarks.bfloat16_accuracy       bfloat16 against float32: test accuracy
    python -m benchmarks.import_zip              60,000 images in a zip to a dataset
    python -m benchmarks.import_layouts          layouts of folders that are read correctly
    python -m benchmarks.compare                 comparing two models: time, and coverage of the interval
    python -m benchmarks.coach                   what the coach says about 40 planted problems and 20 good runs
    python -m benchmarks.robustness              1,000 images under 40 corruptions: time, and what the pages notice

Each prints one JSON line last. Times are medians or ratios from one run, next to a reference measured in the same run,
and the line includes the machine's load. Benchmarks work in temporary folders and stop everything they start.
"""

from pathlib import Path

TOPICS = ("data_and_evaluation", "jobs", "pages", "prediction", "renamed", "training")
__path__.extend(str(Path(__file__).parent / topic) for topic in TOPICS)
"""Modules are grouped by topic; `python -m benchmarks.NAME` finds each by its name alone."""
