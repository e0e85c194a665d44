"""The trainer: a separate process that fills a run folder. Only this package imports Keras, and no other imports it.

trainer.py        trains, evaluates and exports one run
loops.py          the loop of a run, with Keras or without
standby.py        a trainer that waits with TensorFlow loaded
keras_import.py   imports Keras without what it does not need
model_builder/    Keras models from the settings of a run
loop/             the training loop
transfer/         transfer learning: cached features, then fine-tuning
process/          checkpoints, requests, heartbeat, metrics log, terminal output
export/           what a finished training run writes, and conversions for `imgcls.export`
preflight/        the pre-flight check and the learning-rate finder

`python -m imgcls.training RUN_FOLDER` is how the app starts it. In a shell, use `imgcls train`.
"""

from pathlib import Path

# So that `python -m imgcls.training.inspect`, a former name, keeps working.
__path__.append(str(Path(__file__).parents[1] / "cli" / "former" / "moved_training"))
