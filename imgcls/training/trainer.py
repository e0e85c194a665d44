"""Trains, evaluates and exports the model of one run folder."""

import contextlib
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import filelock
import numpy as np

from imgcls import datasets, jobs
from imgcls.config import Config
from imgcls.errors import RunError, UserError
from imgcls.jobs import waiting_list
from imgcls.runs import Run, trials
from imgcls.runs.annotations import withdrawn
from imgcls.runs.results import RESULT_VERSION
from imgcls.runs.run import FULL_DISK, TRAINER_LOCK
from imgcls.system import atomic, nodes, processes
from imgcls.training.export import explain_data, results
from imgcls.training.loop.batches import Subset
from imgcls.training.loop.loop import Diverged, Loop
from imgcls.training.loops import loop_of
from imgcls.training.process import failures, gpu_memory, outage
from imgcls.training.process.checkpoint import Checkpoint
from imgcls.training.process.control import Parked, RunControl, ShutDown, Signals
from imgcls.training.process.heartbeat import Heartbeat
from imgcls.training.process.metrics_writer import MetricsWriter, usage
from imgcls.training.transfer.loop import TransferLoop
from imgcls.training.transfer.several_seeds import SeveralSeeds

NO_MODEL_YET = "Stopped before the first training step, so there is no model. Start the run again to get one."
UNFINISHED_EPOCH = "Stopped during the first epoch; the saved model has the weights from that point."
GRACE_SECONDS = 2.0
"""How long to wait for the run's lock. Checking whether it is held takes it for a moment."""


class Trainer:
    """Trains one run, from its checkpoint if it has one. `explains`: also writes explanation data."""

    def __init__(
        self,
        run: Run,
        *,
        listener: Callable[[dict], None] | None = None,
        in_turn: bool = True,
        explains: bool = True,
        shared: SeveralSeeds | None = None,
    ):
        self.run, self._explains, self._shared = run, explains, shared
        self._listener = listener or (lambda line: None)
        self._in_turn = in_turn
        self._started = time.time()
        self._clock = time.monotonic()
        self._signals = Signals()
        self._heartbeat = Heartbeat(run, self._should_stop, self._give_up)
        self._notice = ""  # shown with the result

    def train(self) -> dict[str, Any]:
        """Trains the run and returns the content of result.json. A failure becomes a message there.

        The outcome is "taken" if another process is training this run, and "gone" if the folder does not exist, e.g.
        because the run was deleted.
        """
        if not self.run.folder.is_dir():
            print(f"No run folder at {self.run.folder}.")
            return {"outcome": "gone"}
        try:
            lock = processes.acquired(self.run.folder / TRAINER_LOCK, GRACE_SECONDS)
        except filelock.Timeout:
            print("This run is already being trained by another process.")
            return {"outcome": "taken"}
        except RunError as error:
            return self._fail(str(error))
        try:
            return {"outcome": "taken"} if self._is_superseded() else self._train_alone()
        finally:
            with contextlib.suppress(OSError):
                withdrawn.apply(self.run.folder)
            lock.release()

    def _is_superseded(self) -> bool:
        """Whether a cluster started this trainer too late, or twice: another one has the run, or finished it."""
        ticket = os.environ.get("IMGCLS_TICKET")
        if ticket and ticket != self.run.ticket:
            print("This run was started again in the meantime, so this trainer ends.")
            return True
        if ticket and self.run.result is not None:
            print("This run has ended already.")
            return True
        return False

    @property
    def was_interrupted(self) -> bool:
        """Whether Ctrl-C stopped the training."""
        return self._signals.interrupted.is_set()

    def _train_alone(self) -> dict[str, Any]:
        self._heartbeat.start()
        self.run.begin(os.getpid())
        self._signals.listen()
        try:
            return self._train()
        except ShutDown:
            print("Ended by the system. The run can be resumed.")
            return {"outcome": "lost"}
        except UserError as error:
            return self._fail(str(error))
        except Exception as error:  # noqa: BLE001 whatever ends a training run is the run's outcome
            failures.print_traceback()
            return self._fail(failures.message(error))
        finally:
            self._heartbeat.stop()

    def _train(self) -> dict[str, Any]:
        if problem := nodes.version_problem(json.loads(os.environ.get("IMGCLS_VERSIONS") or "{}")):
            raise RunError(problem)
        config = self.run.config
        control = RunControl(self.run, self._heartbeat, self._signals, in_turn=self._in_turn)
        with contextlib.closing(control):
            control.wait_for_turn(lambda: self._listener({"kind": "phase", "phase": "waiting"}))
            metrics = MetricsWriter(self.run.folder / "metrics.jsonl", self._listener, usage())
            with contextlib.closing(metrics):
                while True:
                    try:
                        return self._train_with(metrics, control, config)
                    except Exception as error:  # noqa: BLE001 any other one is raised again
                        config = gpu_memory.with_half_the_batch(self.run, config, error)
                        self._notice = gpu_memory.NOTICE.format(config.batch_size)

    def _train_with(self, metrics: MetricsWriter, control: RunControl, config: Config) -> dict[str, Any]:
        metrics.phase("loading")
        dataset = self._data(config)
        training_rows, validation_rows = datasets.training_split(dataset, config)
        training = Subset.of(dataset.x_train, dataset.y_train, training_rows)
        validation = Subset.of(dataset.x_train, dataset.y_train, validation_rows)
        # This may import TensorFlow, which takes seconds, so everything that needs none comes first.
        loop, recorder = loop_of(self.run, config, dataset, training, validation, metrics, control, self._shared)
        self._restore(loop, metrics)
        recorder.rewind(loop.epochs_done)
        self._heartbeat.hand_over()
        metrics.phase("training")
        outcome, message = "finished", self._notice
        try:
            loop.run()
        except Parked:
            return self._park()
        except Diverged as error:
            message = (
                f"Training stopped at epoch {error.args[0]}: the loss is no longer a number. "
                f"Try a smaller learning rate (it was {loop.learning_rate:g})."
            )
            if loop.best is None:
                return self._end("failed", message=message)
            outcome = "stopped"
        if loop.was_stopped:
            outcome = "stopped"
            if loop.best is None:
                if not loop.keep_unfinished_epoch():
                    return self._end("stopped", message=NO_MODEL_YET)
                message = UNFINISHED_EPOCH
        entries: dict[str, Any] = {}
        if config.folds and outcome == "finished":
            from imgcls.training import folds  # imports TensorFlow

            rows = np.concatenate([training_rows, validation_rows])
            try:
                found = folds.cross_validate(self.run, loop, dataset, rows, metrics, control)
                entries = {} if found is None else {"folds": found}
            except Parked:
                return self._park()
            except Diverged:
                message = "The cross-validation ended early: the loss of a fold is not a number."
        model, entry = results.evaluate_and_export(self.run, loop, training, validation, dataset, recorder, metrics)
        result = self._end(outcome, message=message, **entry, **entries)
        if self._explains and not trials.is_spared(self.run):
            explain_data.attempt(self.run, model, dataset)
        return result

    def _data(self, config: Config) -> datasets.Dataset:
        """The dataset with its current edits, which are recorded. A resumed run uses the edits it started with."""
        path = self.run.folder / "data.json"
        if not (self.run.folder / "checkpoint.npz").exists():
            dataset = datasets.open_for_training(config.data)
            atomic.write_json(path, dataset.edits.as_dict())
            return dataset
        if path.exists():
            return datasets.open_for_training(config.data, datasets.read_edits(path))
        return datasets.open_dataset(config.data)  # started by a version without edits

    def _restore(self, loop: Loop | TransferLoop, metrics: MetricsWriter) -> None:
        """Continues from the checkpoint. Without one, what an earlier attempt wrote no longer counts."""
        path = self.run.folder / "checkpoint.npz"
        if not path.exists():
            loop.progress.belong_to(self.run.id, loop.config)
            if not metrics.is_new:
                metrics.resumed(0.0)
            return
        try:
            loop.restore(Checkpoint.read(path))
        except (ValueError, TypeError) as error:
            raise RunError(
                "The checkpoint of this run belongs to another network, so the run cannot be resumed. Start a new one."
            ) from error
        loop.progress.belong_to(self.run.id, loop.config)
        metrics.resumed(loop.position)

    def _park(self) -> dict[str, Any]:
        """Marks the run as paused with a checkpoint. The process ends."""
        self.run.park()
        request = self.run.request
        if request.stop or not request.pause:  # the request changed at the last moment
            waiting_list.enter(self.run)
            jobs.wake()
        return {"outcome": "paused"}

    def _should_stop(self) -> bool:
        return self._signals.interrupted.is_set() or self._signals.terminated.is_set() or self.run.request.stop

    def _give_up(self) -> None:
        """Ends the process from the heartbeat thread, before the training has started."""
        if self._signals.terminated.is_set():
            os._exit(0)  # the run can be started again
        if (self.run.folder / "checkpoint.npz").exists():
            return  # the main thread evaluates and exports it once it is loaded
        try:
            print(NO_MODEL_YET)
            self._end("stopped", message=NO_MODEL_YET)
        finally:  # even if the disk is full
            os._exit(0)

    def _fail(self, message: str) -> dict[str, Any]:
        """Ends with a message; where not even that can be written, the heartbeat's last word says so."""
        try:
            return self._end("failed", message=message)
        except OSError as error:
            if atomic.is_full(error):
                self._heartbeat.end_with(FULL_DISK)
            raise

    def _end(self, outcome: str, **facts: Any) -> dict[str, Any]:
        result = {
            "version": RESULT_VERSION,
            "outcome": outcome,
            "started": self._started,
            "seconds": round(time.monotonic() - self._clock, 1),
            **facts,
        }
        with contextlib.suppress(OSError):  # the log is on the same disk
            sys.stdout.flush()
        path = self.run.folder / "result.json"
        outage.patiently(lambda: atomic.write_json(path, result), self.run.folder)
        return result
