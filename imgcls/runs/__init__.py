"""The run folder: one reader for each of its files.

run                      Run: state, settings, results and requests of one run
store                    creating, finding and listing runs
trash                    deleted runs, which can be restored for a day
run_name                 label.txt: the name of a run
results                  result.json and model.json (ModelCard), checked
requests                 request.json: stop, pause, change the learning rate
metrics_log              metrics.jsonl: batches, epochs and phases
predictions/             epochs.npz, validation.npz and folds.npz: predictions for images that are not in the test set
test_records             test_images.npz: file names and groups of the test images
annotations/             notes.json, tags.json, openings.jsonl: what people add to a run
index/                   a database of all runs, made from their folders: filter and sort ten thousand
trials                   trial.json: the study that a run belongs to
forecast                 where a validation curve is heading
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
from imgcls.runs.store import described as described
from imgcls.runs.store import exists as exists
from imgcls.runs.store import find as find
from imgcls.runs.store import new_id as new_id
from imgcls.runs.store import new_ticket as new_ticket
from imgcls.runs.store import run_from_argument as run_from_argument
from imgcls.runs.store import writable as writable

LABEL_LENGTH = run_name.LENGTH
