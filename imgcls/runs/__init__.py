"""The run folder: one reader for each of its files.

run                      Run: state, settings, results and requests of one run
store                    creating, finding and listing runs
trash                    deleted runs, which can be restored for a day
run_name                 label.txt: the name of a run
results                  result.json and model.json (ModelCard), checked
requests                 request.json: stop, pause, change the learning rate
metrics_log              metrics.jsonl: batches, epochs and phases
predictions/             epochs.npz, validation.npz, folds.npz, probes.npz, and records of the test images
annotations/             notes, tags, own metrics, openings, withdrawn images: what people add or take
index/                   a database of all runs, made from their folders: filter and sort ten thousand
assignments              assignment.json: the assignment of a class that a run is an attempt at
trials                   trial.json: the study that a run belongs to
forecast                 where a validation curve is heading

The trainer and the pages share nothing but these files:

    saved_models/<id>/
      config.json       settings                                           page or command line, before anything else
      label.txt         the name of the run                                page
      owner.json        whose it is, see `imgcls.sharing`                  page, on a shared server
      trial.json        the study it belongs to, and what was varied       whoever creates the run, once
      coach.json        the run that this one is to improve, and by what   page, once
      assignment.json   the assignment that it is an attempt at            whoever creates the run, once
      request.json      requests: stop, pause, learning rate …             page
      queued.json       ticket, position in the queue, refusals            page, queue; deleted when the trainer starts
      trainer.json      when, where and for which ticket it was started    whoever starts the trainer
      .claim-TICKET     only who creates it may start the trainer          whoever starts the trainer
      process.json      process ID of the trainer, and its machine         trainer
      heartbeat         what the trainer does, touched every second        trainer
      .trainer.lock     held for as long as the trainer lives              trainer
      .starting.lock    held until the trainer holds its own lock          whoever starts the trainer
      data.json         the dataset edits in effect                        trainer, before training
      metrics.jsonl     phases, batches and epochs, one per line           trainer, append and flush
      log.txt           everything printed                                 trainer
      checkpoint.npz    everything needed to resume exactly                trainer, by rename
      parked.json       a long pause: the process has ended                trainer, by rename
      model.keras       best weights; takes raw uint8 pixels               trainer, by rename
      model.tflite      the same for the pages                             trainer, by rename
      model.json        classes, input shape, layer table, checks          trainer, by rename
      doctor.json       typical input statistics of handwriting            trainer, by rename
      predictions.npz   probabilities and labels of the test set           trainer, by rename
      gallery.npz       test images shown on pages                         trainer, by rename
      test_images.npz   file names and groups of the test images           trainer, by rename
      folds.npz         out-of-fold predictions of a cross-validation      trainer, by rename
      live.npz          validation labels, and a few images to watch       trainer, before training, by rename
      probes.*          pinned images, and their predictions by epoch      page by rename; trainer, append
      filters.jsonl     filters of the first convolution by epoch          trainer, append
      epochs.bin        validation predictions by epoch                    trainer, append; packed at the end
      epochs.npz        the same, for the time machine                     trainer, by rename
      validation.npz    validation predictions of the final model          trainer, or a page for older runs, by rename
      tags.json         tags on test images                                page, by rename
      notes.json        notes, tags of the run, whether it is archived     page, by rename
      own_metrics.jsonl values of the user's own code                      who records them, append
      parent.json       the run that this one continues                    whoever creates the run, once
      openings.jsonl    how often the test set was evaluated               page, append
      withdrawn.json    digests of images that were withdrawn              page, by rename
      result.json       outcome, scores, seconds, or why it failed         trainer, or queue if none took it, LAST
      inside.tflite     the model with all layers as outputs               trainer or explanation task
      inside.npz        features of test images, filters of layer 1        the same
      neighbours.npz    training images to compare with                    the same
      inside.json       the layers of inside.tflite                        the same, last
      served.*          the model with 8-bit weights, and its record       the same, the record last
      robustness.npz    predictions for corrupted test images              imgcls.evaluation.robustness, by rename
      suspects.npz      training labels that are probably wrong            imgcls.evaluation.label_errors, by rename
      judged.json       the user's reviews of suspected labels             page
      imported.*        an imported model, and how it is used              imgcls.evaluation.model_import, once
      shipped           marks a trained model that comes with the project  the project
      exports/          exported files with their verification records     imgcls.export, by rename
"""

from imgcls.runs import run_name
from imgcls.runs.run import ENDED as ENDED
from imgcls.runs.run import STATES as STATES
from imgcls.runs.run import Run as Run
from imgcls.runs.store import ID as ID
from imgcls.runs.store import all_runs as all_runs
from imgcls.runs.store import check_id as check_id
from imgcls.runs.store import create as create
from imgcls.runs.store import data_and_model as data_and_model
from imgcls.runs.store import default_label as default_label
from imgcls.runs.store import exists as exists
from imgcls.runs.store import find as find
from imgcls.runs.store import new_id as new_id
from imgcls.runs.store import new_ticket as new_ticket
from imgcls.runs.store import run_from_argument as run_from_argument
from imgcls.runs.store import writable as writable

LABEL_LENGTH = run_name.LENGTH
