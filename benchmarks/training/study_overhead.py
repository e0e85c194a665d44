"""What does a study cost, against the bare trainer?

    python -m benchmarks.study_overhead [TRIALS]

Trials of a few seconds, once as `python -m imgcls.training FOLDER` one after another without a queue, and once as a
study through driver and queue. The value is the study's trials per minute divided by those of the bare trainer.
"""

import subprocess
import sys
import time

from benchmarks.support.report_line import Missing, line, run
from benchmarks.support.trainings import own_queue
from imgcls import jobs, runs, studies
from imgcls.runs import trials as trial_records
from imgcls.studies import plan, space
from imgcls.studies.driver import Driver

TRIALS = 6
STUDY = {
    "settings": {"data": "mnist_sample", "model": "cnn", "epochs": 3, "early_stopping": False},
    "vary": {"learning_rate": {"from": 1e-4, "to": 1e-2, "log": True}},
    "sampler": "random",
    "pruner": "none",
}


def bare(study: studies.Study, environment: dict[str, str]) -> float:
    """Seconds of the study's trials, trained again one after another without queue and driver."""
    started = time.perf_counter()
    for trial in study.trials():
        record = trial_records.TrialRecord("bare", trial.number, trial.params)
        config = space.config_of(study.plan.base, trial.params)
        again = runs.create(config, run_id=f"bare-{trial.number:04d}", trial=record)
        jobs.claim(again)
        command = [sys.executable, "-m", "imgcls.training", str(again.folder)]
        subprocess.run(command, env=environment, capture_output=True, check=False)
        if again.state != "finished":
            raise Missing(f"A trial of the bare trainer ended as {again.state}.")
        print(f"Trial {trial.number} without a study: {again.state}.", flush=True)
    return time.perf_counter() - started


def main() -> None:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else TRIALS
    with own_queue() as environment:
        study = studies.create(plan.from_dict(STUDY | {"trials": number}))
        started = time.perf_counter()
        result = Driver(study).run()
        searched = time.perf_counter() - started
        if result["scored"] != number:
            raise Missing(f"Only {result['scored']} of {number} trials have a score.")
        alone = bare(study, environment)
        print(
            line(
                "study_overhead",
                round(alone / searched, 3),
                "ratio",
                0.8,
                "higher",
                trials=number,
                study_s=round(searched, 1),
                bare_s=round(alone, 1),
                trial_s=round(alone / number, 2),
            )
        )


if __name__ == "__main__":
    sys.exit(run(main))
