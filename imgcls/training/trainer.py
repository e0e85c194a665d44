"""From a run folder with settings to one with a trained, tested and exported model."""

import contextlib
import os
import platform
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any

import filelock
import psutil

from imgcls import datasets, jobs, models
from imgcls.config import Config
from imgcls.errors import RunError, UserError
from imgcls.inference.explain import task
from imgcls.jobs import waiting_list
from imgcls.runs import Run, as_backbone
from imgcls.runs.results import RESULT_VERSION
from imgcls.system import atomic
from imgcls.training.process import failures
from imgcls.training.process.checkpoint import Checkpoint
from imgcls.training.process.control import Leaves, Parked, RunControl, Signals
from imgcls.training.process.heartbeat import Heartbeat
from imgcls.training.process.metrics_writer import Journal

NO_MODEL_YET = "Stopped before the first training step, so there is no model. Start the run again to get one."
UNFINISHED_EPOCH = "Stopped during the first epoch; the saved model has the weights of that moment."
GRACE_SECONDS = 2.0
"""Whoever looks whether a run has a trainer holds its lock for a moment."""


class Trainer:
    """Trains one run. `train` returns the outcome, which also stands in result.json.

    Where a checkpoint lies in the folder, the training goes on from there.
    """

    def __init__(self, run: Run, *, listener: Callable[[dict], None] = lambda line: None, in_turn: bool = True):
        self.run = run
        self._listener = listener
        self._in_turn = in_turn
        self._started = time.time()
        self._clock = time.monotonic()
        self._signals = Signals()
        self._heartbeat = Heartbeat(run, self._asked_to_stop, self._give_up)

    def train(self) -> dict[str, Any]:
        """Everything, from the first heartbeat to result.json; a failure ends there as a sentence, too.

        A run has one trainer: the second one of two leaves at once, with the outcome "taken". Where there is no run,
        as it was deleted meanwhile, none is made: the outcome is "gone".
        """
        if not self.run.folder.is_dir():
            print("There is no such run any more.")
            return {"outcome": "gone"}
        try:
            self._lock = filelock.FileLock(self.run.folder / ".trainer.lock")
            self._lock.acquire(timeout=GRACE_SECONDS, poll_interval=0.02)
        except filelock.Timeout:
            print("This run has a trainer already.")
            return {"outcome": "taken"}
        try:
            return self._train_alone()
        finally:
            self._lock.release()

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
        except Leaves:
            print("The machine asked the trainer to leave; the run can be resumed.")
            return {"outcome": "lost"}
        except UserError as error:
            return self._end("failed", message=str(error))
        except Exception as error:  # noqa: BLE001
            traceback.print_exc()
            return self._end("failed", message=failures.sentence(error))
        finally:
            self._heartbeat.stop()

    def _train(self) -> dict[str, Any]:
        config = self.run.config
        control = RunControl(self.run, self._heartbeat, self._signals, in_turn=self._in_turn)
        with contextlib.closing(control):
            control.wait_for_turn(lambda: self._listener({"kind": "phase", "phase": "waiting"}))
            journal = Journal(self.run.folder / "metrics.jsonl", self._listener, _usage())
            with contextlib.closing(journal):
                return self._train_with(journal, control, config)

    def _train_with(self, journal: Journal, control, config: Config) -> dict[str, Any]:
        journal.phase("loading")
        dataset = self._data(config)
        facts = dataset.facts
        training_indices, validation_indices = datasets.split(
            dataset.y_train, config.train_images, config.validation_fraction, config.seed, len(facts.classes)
        )

        import keras
        import tensorflow as tf

        from imgcls.training import model_builder
        from imgcls.training.export import explain_data, results
        from imgcls.training.loop.batches import Part
        from imgcls.training.loop.epoch_predictions import Snapshots
        from imgcls.training.loop.loop import Diverged, Loop
        from imgcls.training.loop.steps import class_weights
        from imgcls.training.transfer.loop import TransferLoop

        if config.deterministic:
            tf.config.experimental.enable_op_determinism()
        keras.utils.set_random_seed(config.seed)
        training = Part.of(dataset.x_train, dataset.y_train, training_indices)
        validation = Part.of(dataset.x_train, dataset.y_train, validation_indices)
        precision = model_builder.precision_of(config)
        transfers = models.has_backbone(config.model)
        planned = config.epochs + models.more_epochs(config.model, config.model_settings)
        snapshots = Snapshots(self.run, validation, len(facts.classes), planned)
        if transfers:
            loop = TransferLoop(config, dataset, training, validation, journal, control, snapshots)
        else:
            sample = training.sample(10_000)
            model = model_builder.build(
                config, facts.shape, len(facts.classes), sample, precision, facts.is_multilabel, learns=True
            )
            loop = Loop(config, model, training, validation, journal, control, snapshots=snapshots)
        journal.plan(
            train=len(training),
            validation=len(validation),
            test=len(dataset.y_test),
            steps=loop.steps_per_epoch,
            epochs=planned,
            head_epochs=config.epochs if transfers else None,
            parameters=_parameters(config, facts),
            precision=precision,
            **({"several": True} if facts.is_multilabel else {}),
        )
        self._restore(loop, journal)
        snapshots.rewind(loop.epochs_done)
        self._heartbeat.release()
        journal.phase("training")
        outcome, message = "finished", ""
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
        model = loop.model
        if not transfers:
            # What is kept, tested and exported has 32 bits and Keras's own layers.
            model = model_builder.build(
                config, facts.shape, len(facts.classes), sample, is_multilabel=facts.is_multilabel
            )
        model.set_weights(loop.best_weights)
        model = model_builder.answering(config, model)

        weights = class_weights(config, training.labels, len(facts.classes))
        journal.phase("testing")
        predictions = loop.test_predictions()
        scores = results.test(self.run, model, dataset, predictions, loop.evaluation_batch)
        seen = None if config.test_time_augmentation or precision != "float32" else snapshots.of(loop.best["epoch"])
        results.answer_validation(self.run, model, snapshots, seen, loop.evaluation_batch)
        journal.phase("saving")
        task.remove_files(self.run)
        with atomic.replacing(self.run.folder / "model.keras") as aside:
            model.save(aside)
        results.export(self.run, model, config, dataset, validation, loop.evaluation_batch)
        result = self._end(
            outcome,
            message=message,
            training_seconds=round(loop.progress.seconds, 1),
            epochs=loop.epochs_done,
            best_epoch=loop.best["epoch"],
            val_loss=loop.best["val_loss"],
            val_accuracy=loop.best["val_accuracy"],
            **scores,
            data={
                "state": dataset.edits.version,
                "thrown_out": len(dataset.edits.excluded),
                "relabelled": len(dataset.edits.relabelled),
            },
            counts={"train": len(training), "validation": len(validation), "test": len(dataset.y_test)},
            parameters=model.count_params(),
            pictures_per_second=round(loop.progress.images_per_second, 1),
            precision=precision,
            **loop.facts,
            **({} if weights is None else {"class_weights": weights.round(6).tolist()}),
            software={"keras": keras.__version__, "python": platform.python_version()},
        )
        explain_data.attempt(self.run, model, dataset)
        return result

    def _data(self, config: Config) -> datasets.Dataset:
        """The data set with the changes of now, which are noted; a run that goes on has those it began with."""
        path = self.run.folder / "data.json"
        if not (self.run.folder / "checkpoint.npz").exists():
            dataset = datasets.open_for_training(config.data)
            atomic.write_json(path, dataset.edits.as_dict())
            return dataset
        if path.exists():
            return datasets.open_for_training(config.data, datasets.read_edits(path))
        return datasets.open_dataset(config.data)  # it began when nothing could be changed

    def _restore(self, loop, journal: Journal) -> None:
        """Goes on from the checkpoint, if there is one; else what an earlier attempt wrote does not count."""
        path = self.run.folder / "checkpoint.npz"
        if not path.exists():
            loop.progress.belong_to(self.run.id, loop.config)
            if not journal.is_new:
                journal.resumed(0.0)
            return
        try:
            loop.restore(Checkpoint.read(path))
        except (ValueError, TypeError) as error:
            raise RunError("The checkpoint of this run belongs to another network. Train it again instead.") from error
        loop.progress.belong_to(self.run.id, loop.config)
        journal.resumed(loop.position)

    def _park(self) -> dict[str, Any]:
        """Leaves a note that the checkpoint waits for a Resume; the process ends."""
        self.run.park()
        asked = self.run.request
        if asked.stop or not asked.pause:  # in the very moment
            waiting_list.enter(self.run)
            jobs.wake()
        return {"outcome": "paused"}

    def _asked_to_stop(self) -> bool:
        return self._signals.interrupted.is_set() or self._signals.terminated.is_set() or self.run.request.stop

    def _give_up(self) -> None:
        """Ends at once, from the heartbeat's thread, while there is nothing to lose."""
        if self._signals.terminated.is_set():
            os._exit(0)  # it can be started again
        if (self.run.folder / "checkpoint.npz").exists():
            return  # What was learnt before is tested and kept, as soon as it is loaded.
        try:
            print(NO_MODEL_YET)
            self._end("stopped", message=NO_MODEL_YET)
        finally:  # a full disk must not keep it from ending
            os._exit(0)

    def _end(self, outcome: str, **facts: Any) -> dict[str, Any]:
        result = {
            "version": RESULT_VERSION,
            "outcome": outcome,
            "started": self._started,
            "seconds": round(time.monotonic() - self._clock, 1),
            **facts,
        }
        sys.stdout.flush()
        atomic.write_json(self.run.folder / "result.json", result)
        return result


def _usage() -> Callable[[], dict[str, float]]:
    """Memory (MB) and processor (percent of one core, since the last call) of this process."""
    process = psutil.Process()
    process.cpu_percent()
    return lambda: {"memory": process.memory_info().rss / 1e6, "processor": process.cpu_percent()}


def _parameters(config: Config, facts: datasets.DatasetInfo) -> int:
    rows = as_backbone.layer_table(
        config.model, facts.shape, len(facts.classes), config.model_settings, facts.is_multilabel
    )
    return sum(row.parameters for row in rows)
