"""Does a study on a Ray cluster survive the loss of a node and of the queue?

    python -m benchmarks.ray_study [TRIALS]

The cluster has two nodes on loopback (`pip install "ray[default]"`). Once half of the trials have ended, a node that is
training is killed with everything that runs on it, and the queue with it. Meanwhile one process without Ray trains the
same settings one after another. Training is deterministic, so every trial must have the same score in both, to the last
digit, and the same trial must win. The value is the number of trials that were lost, trained twice, or have another
score.
"""

import hashlib
import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from typing import Any
from unittest.mock import patch

from benchmarks.support import ray_cluster
from benchmarks.support.ray_cluster import NODE, Cluster
from benchmarks.support.report_line import Missing, line, run
from benchmarks.support.trainings import own_queue, wait
from imgcls import jobs, runs, studies
from imgcls.errors import RunError
from imgcls.runs import trials as trial_records
from imgcls.runs.run import Run
from imgcls.studies import plan, proposals, space
from imgcls.studies.driver import Driver
from imgcls.system import json_files, paths

TRIALS = 30
SLOTS = 2
"""Trainers on a node at a time."""
EPOCHS = 4
SECONDS = 3600.0
ALONE = "--alone"
STUDY = {
    "settings": {
        "data": "mnist_sample",
        "model": "ann",
        "epochs": EPOCHS,
        "early_stopping": False,
        "deterministic": True,
    },
    "vary": {"learning_rate": {"from": 1e-4, "to": 1e-2, "log": True}, "batch_size": [32, 64, 128]},
    "sampler": "random",
    "pruner": "none",
    "parallel": 2 * SLOTS,
}


def node_of(training: Run) -> str:
    """Where a run's trainer is, or was."""
    try:
        return str(json_files.read_object(training.folder / "process.json").get("node"))
    except (OSError, ValueError):
        return ""


def epochs(training: Run) -> list[int]:
    """The epochs in the order in which they were trained."""
    lines = (training.folder / "metrics.jsonl").read_text("utf-8").splitlines()
    return [entry["epoch"] for entry in map(json.loads, lines) if entry["kind"] == "epoch"]


def files(training: Run) -> str:
    """A digest of the run's curve and result, which change if it is trained again."""
    found = [(training.folder / name).read_bytes() for name in ("metrics.jsonl", "result.json", "model.keras")]
    return hashlib.sha256(b"".join(found)).hexdigest()


def on_a_cluster(cluster: Cluster, trials: int) -> tuple[studies.Study, list[str], dict[str, str]]:
    """The study after a node and the queue were killed halfway.

    Returns:
        The study, the IDs of the runs whose trainers were killed, and `files` of those that had ended by then.
    """
    study = studies.create(plan.from_dict(STUDY | {"trials": trials}))
    ended: list[object] = []

    def drive() -> None:
        try:
            ended.append(Driver(study).run())
        except RunError as error:
            ended.append(error)

    def is_due() -> bool:
        found = study.runs()
        done = sum(one.state == "finished" for one in found)
        return done >= trials // 2 and any(one.can_resume and is_there(one) for one in found)

    driver = threading.Thread(target=drive, daemon=True)
    driver.start()
    wait(lambda: is_due() or ended, "half of the trials", SECONDS)
    before = {one.id: files(one) for one in study.runs() if one.state == "finished"}
    queue, _ = jobs._queues[str(paths.runs_folder())]
    killed = [one.id for one in study.runs() if is_there(one)]
    queue.kill()
    cluster.kill(NODE)
    print(f"Killed: the queue, and the node that trained {', '.join(killed)}.", flush=True)
    wait(lambda: ended, "the study to end", SECONDS)
    if isinstance(ended[0], RunError):
        raise ended[0]
    return study, killed, before


def is_there(training: Run) -> bool:
    """Whether it trains on the node that will be killed."""
    return training.state == "running" and node_of(training) == NODE


def problems(study: studies.Study, trials: int, killed: list[str], before: dict[str, str]) -> list[str]:
    """What was lost or trained twice."""
    found = []
    states = Counter(trial.state for trial in study.trials())
    if states != {"finished": trials}:
        found.append(f"not all trials have finished: {dict(states)}")
    for trial in study.trials():
        trained = epochs(trial.run)
        if sorted(set(trained)) != list(range(1, EPOCHS + 1)):
            found.append(f"{trial.run.id} has the epochs {trained}")
        elif len(trained) > EPOCHS + (trial.run.id in killed):  # the epoch in progress is trained again
            found.append(f"{trial.run.id} was trained twice: {trained}")
        if before.get(trial.run.id, files(trial.run)) != files(trial.run):
            found.append(f"{trial.run.id} had ended, and was trained again")
    return found


def undisturbed(trials: int) -> dict[int, float]:
    """The validation score of each trial, trained by this process."""
    from imgcls.training.trainer import Trainer

    study = plan.from_dict(STUDY | {"trials": trials})
    found = {}
    for number in range(trials):
        params = proposals.propose(study, number, [])
        assert params is not None
        record = trial_records.TrialRecord("alone", number, params)
        training = runs.create(space.config_of(study.base, params), run_id=f"alone-{number:04d}", trial=record)
        found[number] = Trainer(training, in_turn=False).train()[study.metric]
    return found


def main() -> None:
    words = sys.argv[1:]
    if ALONE in words:
        print(json.dumps(undisturbed(int(words[1]))))
        return
    trials = int(words[0]) if words else TRIALS
    with own_queue() as environment:
        command = [sys.executable, "-m", "benchmarks.ray_study", ALONE, str(trials)]
        alone = subprocess.Popen(
            command,
            env=environment | {"IMGCLS_RUNS": environment["IMGCLS_RUNS"] + "-alone"},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            found = survived(trials)
            printed = alone.communicate()[0].splitlines()
        finally:
            alone.kill()
            alone.wait()
    if alone.returncode:
        raise Missing("The trials could not be trained without Ray.")
    expected = {int(number): value for number, value in json.loads(printed[-1]).items()}
    problems = list(found["problems"])
    problems += [
        f"trial {number} has another score" for number in expected if expected[number] != found["scores"].get(number)
    ]
    if expected[found["winner"]] != max(expected.values()):
        problems.append(f"trial {found['winner']} won, which is not the best")
    print("\n".join(problems), flush=True)
    seen = {name: value for name, value in found.items() if name not in ("problems", "scores")}
    print(line("ray_study", len(problems), "trials", 0, "lower", trials=trials, best=max(expected.values()), **seen))


def survived(trials: int) -> dict[str, Any]:
    """What came out of the study on a cluster of which a part was killed."""
    started = time.monotonic()
    with ray_cluster.two_nodes(SLOTS) as cluster:
        variables = {"IMGCLS_BACKEND": "ray", "IMGCLS_RAY_ADDRESS": cluster.url, "IMGCLS_IDLE_SECONDS": "60"}
        with patch.dict(os.environ, variables):
            start = time.monotonic()
            study, killed, before = on_a_cluster(cluster, trials)
            result = study.result or {}
            return {
                "problems": problems(study, trials, killed, before),
                "scores": {trial.number: trial.value for trial in study.trials()},
                "winner": int(result["winner"].rpartition("-")[2]),
                "test_accuracy": result["test"]["accuracy"],
                "ended_before": len(before),
                "killed_trainers": len(killed),
                "job_states": dict(Counter(cluster.jobs().values())),
                "cluster_start_s": round(start - started),
                "study_s": round(time.monotonic() - start),
            }


if __name__ == "__main__":
    sys.exit(run(main))
