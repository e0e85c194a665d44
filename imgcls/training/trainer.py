"""From a run folder with settings to one with a trained, tested and exported model."""

import contextlib
import errno
import math
import os
import platform
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import filelock

from imgcls import atomic, datasets, places
from imgcls.config import Config
from imgcls.errors import UserError
from imgcls.outcome import RESULT_VERSION
from imgcls.runs import Run
from imgcls.training.heartbeat import Heartbeat
from imgcls.training.journal import Journal

NO_MODEL_YET = "It was stopped before it had learnt anything, so there is no model. Start it again to get one."
OUT_OF_MEMORY = "This training needs more memory than the machine has. Try a smaller batch, model or set of pictures."

MAKE_ROOM = "Free some space and start it again."
DISK_IS_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}


class Trainer:
    """Trains one run. `train` returns the outcome, which also stands in result.json."""

    def __init__(self, run: Run, *, listener: Callable[[dict], None] = lambda line: None, in_turn: bool = True):
        self.run = run
        self._listener = listener
        self._in_turn = in_turn
        self._started = time.time()
        self._clock = time.monotonic()
        self._signalled = threading.Event()
        self._heartbeat = Heartbeat(run, self._asked_to_stop, self._give_up)

    def train(self) -> dict[str, Any]:
        """Everything, from the first heartbeat to result.json; a failure ends there as a sentence, too."""
        self._heartbeat.start()
        for number in (signal.SIGTERM, signal.SIGINT):
            # A signal means the same as Stop on the page.
            with contextlib.suppress(ValueError):  # not the main thread: a test
                signal.signal(number, lambda *_: self._signalled.set())
        try:
            with self._turn():
                return self._train()
        except UserError as error:
            return self._end("failed", message=str(error))
        except MemoryError:
            traceback.print_exc()
            return self._end("failed", message=OUT_OF_MEMORY)
        except Exception as error:
            traceback.print_exc()
            if type(error).__name__ == "ResourceExhaustedError":
                return self._end("failed", message=OUT_OF_MEMORY)
            if isinstance(error, OSError) and error.strerror:
                hint = f" {MAKE_ROOM}" if error.errno in DISK_IS_FULL else ""
                return self._end("failed", message=f"The run could not be written: {error.strerror}.{hint}")
            return self._end(
                "failed", message="Training ended by an error in the program. The details are in the run's log.txt."
            )
        finally:
            self._heartbeat.stop()

    def _train(self) -> dict[str, Any]:
        config = self.run.config
        with contextlib.closing(Journal(self.run.folder / "metrics.jsonl", self._listener)) as journal:
            return self._train_with(journal, config)

    def _train_with(self, journal: Journal, config: Config) -> dict[str, Any]:
        journal.phase("loading")
        dataset = datasets.open_dataset(config.data)
        facts = dataset.facts
        training_indices, validation_indices = datasets.split(
            dataset.y_train, config.pictures, config.validation_share, config.seed, len(facts.classes)
        )

        import keras

        from imgcls.training import conclude, network
        from imgcls.training.loop import Diverged, Loop, Part

        keras.utils.set_random_seed(config.seed)
        training = Part(dataset.x_train[training_indices], dataset.y_train[training_indices].astype("int32"))
        validation = Part(dataset.x_train[validation_indices], dataset.y_train[validation_indices].astype("int32"))
        model = network.build(config, facts.shape, len(facts.classes), training.pictures)
        journal.plan(
            train=len(training),
            validation=len(validation),
            test=len(dataset.y_test),
            steps=-(-len(training) // config.batch_size),
            epochs=config.epochs,
            parameters=model.count_params(),
        )
        loop = Loop(config, model, training, validation, journal, self._asked_to_stop, self._keep)
        self._heartbeat.release()
        journal.phase("training")
        outcome, message = "finished", ""
        clock = time.monotonic()
        try:
            loop.run()
        except Diverged as error:
            message = (
                f"Training stopped at epoch {error.args[0]}: the loss is no longer a number. "
                f"Try a smaller learning rate (it was {config.learning_rate:g})."
            )
            if loop.best is None:
                return self._end("failed", message=message)
            outcome = "stopped"
        training_seconds = time.monotonic() - clock
        if loop.was_stopped:
            outcome = "stopped"
            if loop.best is None:
                message = _keep_what_there_is(loop, validation)
                if message is None:
                    return self._end("stopped", message=NO_MODEL_YET)
        model.set_weights(loop.best_weights)

        journal.phase("testing")
        scores = conclude.test(self.run, model, dataset)
        journal.phase("saving")
        conclude.export(self.run, model, config, dataset)
        return self._end(
            outcome,
            message=message,
            training_seconds=round(training_seconds, 1),
            epochs=loop.epochs_done,
            best_epoch=loop.best["epoch"],
            val_loss=loop.best["val_loss"],
            val_accuracy=loop.best["val_accuracy"],
            **scores,
            counts={"train": len(training), "validation": len(validation), "test": len(dataset.y_test)},
            parameters=model.count_params(),
            pictures_per_second=round(loop.pictures_per_second, 1),
            software={"keras": keras.__version__, "python": platform.python_version()},
        )

    def _keep(self, model) -> None:
        with atomic.replacing(self.run.folder / "model.keras") as aside:
            model.save(aside)

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        """One training at a time on one folder of runs: waits while another one has its turn."""
        if not self._in_turn:
            yield
            return
        lock = filelock.FileLock(places.runs_folder() / ".trainer.lock")
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            self._listener({"kind": "phase", "phase": "waiting"})
            lock.acquire(poll_interval=0.2)  # the heartbeat's thread answers a request to stop meanwhile
        try:
            yield
        finally:
            lock.release()

    def _asked_to_stop(self) -> bool:
        return self._signalled.is_set() or self.run.asked_to_stop

    def _give_up(self) -> None:
        """Ends at once, from the heartbeat's thread, while there is nothing to lose."""
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


def _keep_what_there_is(loop, validation) -> str | None:
    """Keeps weights of an unfinished first epoch, so that a Stop loses nothing; None if there is nothing to keep."""
    if not loop.steps_done:
        return None
    loop.asked_to_stop = lambda: False
    loss, accuracy = loop.judged(validation)
    if not math.isfinite(loss):
        return None
    loop.keep({"epoch": 0, "val_loss": loss, "val_accuracy": accuracy})
    return "It was stopped within its first epoch; the model holds what it had learnt until then."
