"""The run that an address names, or the answer 404."""

from functools import lru_cache
from pathlib import Path

from fastapi import HTTPException, Request

from imgcls import runs
from imgcls.api.settings import Settings
from imgcls.errors import RunError
from imgcls.runs import Run, index
from imgcls.runs.results import ModelCard

CACHED_CARDS = 64


def settings_of(request: Request) -> Settings:
    """The settings of the service that answers this request."""
    return request.app.state.settings


def all_runs(request: Request, text: str = "") -> list[Run]:
    """The runs that the service offers and that match a filter, newest first.

    Raises:
        SettingError: the filter is invalid.
    """
    only = settings_of(request).run
    return index.matching(text, runs.all_runs() if only is None else [only])


def find_run(request: Request, run_id: str) -> Run:
    """A run that the service offers.

    Raises:
        HTTPException: 404, there is none.
    """
    only = settings_of(request).run
    if only is not None:
        if run_id == only.id:
            return only
        raise HTTPException(404, f"This server only has the run '{only.id}'.")
    try:
        return runs.find(run_id)
    except RunError as error:
        raise HTTPException(404, str(error)) from error


def find_model(request: Request, run_id: str) -> Run:
    """A run that has a model.

    Raises:
        HTTPException: 404, there is none.
    """
    run = find_run(request, run_id)
    if not run.is_ready:
        raise HTTPException(404, f"The run '{run.id}' has no trained model: it is {run.state}.")
    return run


def card_of(run: Run) -> ModelCard:
    """The run's card, read again only when its file has changed.

    Raises:
        RunError: it is missing or damaged.
    """
    return _card(run.folder, run.stamp("model.json"))


@lru_cache(CACHED_CARDS)
def _card(folder: Path, stamp: tuple[float, ...]) -> ModelCard:
    return Run(folder).card
