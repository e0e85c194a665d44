"""What is found while a source is read: skipped files, remarks, and questions that only the user can answer."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from imgcls.datasets.importing.skipped import SkippedFiles
from imgcls.errors import SourceError


@dataclass(frozen=True)
class Option:
    """One way to read a source. `detail` shows what it leads to, such as the classes."""

    value: str
    label: str
    detail: str = ""


@dataclass(frozen=True)
class Question:
    """A choice of the user before the import.

    `answer` is the option in effect. It is empty if nothing was chosen and no option is a safe guess: then the preview
    shows the first option, and the import is refused until the user picks one.
    """

    key: str
    text: str
    options: tuple[Option, ...]
    answer: str = ""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "Question":
        return cls(**{**content, "options": tuple(Option(**option) for option in content["options"])})


@dataclass
class Findings:
    """Collects what readers of a source report. `answers` are the user's, by the key of the question."""

    answers: Mapping[str, str] = field(default_factory=dict)
    skipped: SkippedFiles = field(default_factory=SkippedFiles)
    notes: list[str] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    """Paths of files that are no images but say something about them, so they are not skipped."""

    def ask(self, key: str, text: str, options: Iterable[Option], default: str = "") -> str:
        """The option to read the source by: the user's answer, else the default, else the first.

        The question is always shown with the preview. Without a default, it must be answered before the import.

        Raises:
            SourceError: the answer is none of the options.
        """
        options = tuple(options)
        values = [option.value for option in options]
        answer = self.answers.get(key, default)
        if answer and answer not in values:
            raise SourceError(f"“{answer[:60]}” does not answer “{text}” Choose one of: {', '.join(values)}.")
        self.questions.append(Question(key, text, options, answer))
        return answer or values[0]

    def include(self, other: "Findings") -> None:
        """Adds what was found while a part of the source was read."""
        self.skipped.include(other.skipped)
        self.notes += other.notes
        self.questions += other.questions
        self.used |= other.used

    def check_answered(self) -> None:
        """Raises SourceError if a question that has no default was not answered."""
        for question in self.questions:
            if not question.answer:
                values = " or ".join(f"{question.key}={option.value}" for option in question.options)
                raise SourceError(f"{question.text} Nothing was imported. Choose {values}.")
