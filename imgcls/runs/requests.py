"""What a person asks of a run that is under way: `request.json`, written by pages and looked at after every batch."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from imgcls.config import PARAMS
from imgcls.system import atomic

NAME = "request.json"
_RATE = next(param.limits for param in PARAMS if param.name == "learning_rate")


@dataclass(frozen=True)
class Asked:
    """`learning_rate` and `early_stopping` are None where the settings of the run still hold.

    `rate_number` counts the requests of a rate: the same one can be asked again, after a schedule has lowered it.
    """

    stop: bool = False
    pause: bool = False
    learning_rate: float | None = None
    rate_number: int = 0
    early_stopping: bool | None = None

    @classmethod
    def of(cls, values: Any) -> "Asked":
        """What is sound in the content of a file; the rest is as if it had not been asked."""
        if not isinstance(values, dict):
            return cls()
        rate, early = values.get("learning_rate"), values.get("early_stopping")
        number = values.get("rate_number")
        is_rate = isinstance(rate, int | float) and not isinstance(rate, bool)
        return cls(
            stop=values.get("stop") is True,
            pause=values.get("pause") is True,
            learning_rate=float(rate) if is_rate and _RATE.low <= rate <= _RATE.high else None,
            rate_number=number if isinstance(number, int) and not isinstance(number, bool) else 0,
            early_stopping=early if isinstance(early, bool) else None,
        )

    @property
    def halts(self) -> bool:
        """Whether the training is to halt, for now or for good."""
        return self.stop or self.pause

    def changed(self, **values: Any) -> "Asked":
        return replace(self, **values)

    def write(self, folder: Path) -> None:
        """Leaves the request in a run's folder."""
        atomic.write_json(folder / NAME, asdict(self))


def stamp(folder: Path) -> tuple[int, ...]:
    """Another value as soon as the file is another one, whatever the clock says: each request is a file of its own."""
    try:
        facts = (folder / NAME).stat()
    except OSError:
        return ()
    return facts.st_ino, facts.st_mtime_ns, facts.st_size
