"""What a run does at the moment, in a sentence: its epoch, or its place in the queue."""

from imgcls import jobs, languages
from imgcls.jobs import backends, waiting_list
from imgcls.languages import N_
from imgcls.languages import gettext as _
from imgcls.runs import index
from imgcls.runs.metrics_log import Curves
from imgcls.runs.run import SILENT_SECONDS, UNDER_WAY, Run
from imgcls.sharing import guarding
from imgcls.system import paths
from imgcls.ui.app import links
from imgcls.ui.app.errors import plain
from imgcls.ui.cache import curves as cached_curves
from imgcls.ui.widgets import formatting

BY_ITSELF = N_("Starts automatically, even if this page is closed.")
PHASES = {
    "": N_("Starting the training process …"),
    "loading": N_("Loading TensorFlow and the images …"),
    "features": N_("Extracting features …"),
    "folds": N_("Cross-validation …"),
    "testing": N_("Evaluating the best epoch on the test set …"),
    "saving": N_("Saving and verifying the model …"),
}


def sentence(run: Run, curves: Curves, state: str, is_stopping: bool) -> str:
    """What it does; a run that waits says for what."""
    if state == "queued":
        return _queued(run)
    if state == "aside":
        return _("Not queued. Press Start to add it to the queue.")
    phase = _(PHASES.get(curves.phase, ""))
    if is_stopping:
        if not phase:
            return _("Stopping; the best epoch so far is kept.")
        return _("Stopping: {phase}").format(phase=f"{phase[:1].lower()}{phase[1:]}")
    number = min(len(curves.epochs) + 1, curves.total_epochs)
    epoch = _("Epoch {number} of {count}").format(number=number, count=curves.total_epochs)
    if state == "paused":
        note = _("Memory released; resuming takes a few seconds longer.") if run.is_parked else ""
        text = _("Paused in epoch {number} of {count}. Nothing is lost.")
        return f"{text.format(number=number, count=curves.total_epochs)} {note}".rstrip()
    slow = ""
    if state == "running" and run.silence > SILENT_SECONDS:
        # Whether the machine is busy or the process is suspended, it goes on by itself.
        text = _("No progress for {time}: the machine is very busy, or was suspended.")
        slow = " " + text.format(time=formatting.duration(run.silence))
    if curves.phase == "features" and curves.features:
        text = _("{done} of {total} images; computed once, reused for every head.")
        done, total = (languages.number(curves.features.get(name, 0)) for name in ("done", "total"))
        return f"{phase} {text.format(done=done, total=total)}{slow}"
    if curves.phase == "folds" and curves.fold:
        text = _("Cross-validation: fold {number} of {count}")
        return text.format(number=curves.fold.get("number"), count=curves.fold.get("total"))
    if curves.phase != "training":
        return phase + slow
    if not curves.plan.get("head_epochs"):
        return f"{epoch}.{slow}" if slow else epoch
    text = _("Fine-tuning: epoch {number} of {count}") if curves.stages else _("Head: epoch {number} of {count}")
    return f"{text.format(number=number, count=curves.total_epochs)}{'.' if slow else ''}{slow}"


def place_of(run: Run) -> int | None:
    """The position in the queue from 1, or None for a run that waits for a free slot."""
    queue = jobs.waiting()
    return queue.index(run) + 1 if run in queue else None


def _queued(run: Run) -> str:
    jobs.wake()  # the queue may have been killed
    if (place := place_of(run)) is None:
        reason = run.job.get("reason")  # of a cluster
        if reason:
            return plain(str(reason))
        awaited = _awaited(run) or _("Waiting for another run to finish.")
        return f"{awaited} {_(BY_ITSELF)}"
    queue = jobs.waiting()
    seconds = cached_curves.estimated_start(queue[: place - 1])
    text = _("Position {place} of {count} in the queue.")
    if seconds:
        text = _("Position {place} of {count} in the queue, starts in about {time}.")
    text = text.format(place=place, count=len(queue), time=formatting.duration(seconds))
    obstacle = _obstacle(run)
    awaited = "" if obstacle else _awaited(run, queue[place - 2] if place > 1 else None)
    return " ".join(filter(None, (text, awaited, obstacle or _(BY_ITSELF))))


def _awaited(run: Run, before: Run | None = None) -> str:
    """Which run has to end first, with a link if the visitor may see it; "" if none trains where this one will.

    `before`: the one before it in the queue.
    """
    found = [before] if before else _training(backends.name_for(run))
    if not found:
        return ""
    if len(found) > 1:
        return _("Waiting for one of {n} runs to finish.").format(n=len(found))
    if not guarding.is_visible(found[0].folder):
        return _("Waiting for the run of another person to finish.")
    link = f"[{plain(found[0].label)}]({links.on_server('train')}?run={found[0].id})"
    return _("Waiting for {run} to finish.").format(run=link)


def _training(backend: str) -> list[Run]:
    """The runs that this backend trains now."""
    rows = index.search(index.Query(archived=True, exact={"state": list(UNDER_WAY)})).rows
    found = [Run(paths.runs_folder() / row["id"]) for row in rows]
    return [one for one in found if backends.name_for(one) == backend]


def note(run: Run) -> str:
    """Why a run in the queue does not start; that it starts by itself if nothing prevents it."""
    return _obstacle(run) or _(BY_ITSELF)


def _obstacle(run: Run) -> str:
    if refusal := waiting_list.refusal_of(run):
        return plain(refusal.sentence())
    return plain(waiting_list.problem(backends.name_for(run)))
