"""What became of the images of a command: how many were classified, how many of the labelled ones correctly."""

from collections import Counter
from collections.abc import Mapping

from imgcls.cli import exit_codes
from imgcls.datasets.importing.skipped import SkippedFiles
from imgcls.evaluation.metrics.confidence_intervals import wilson
from imgcls.evaluation.metrics.percent import interval, percent
from imgcls.inference.batch import Result


class Counts:
    """How many images were classified, and how many of the labelled ones correctly."""

    def __init__(self) -> None:
        self.images = self.labelled = self.right = 0
        self.problems: Counter[str] = Counter()

    def add(self, result: Result) -> None:
        """Counts one result."""
        self._count(result.problem, result.is_correct)

    def add_row(self, row: Mapping[str, str]) -> None:
        """Counts a row of the table that an earlier call has written."""
        self._count(row["problem"], row["correct"] == str(True) if row["correct"] else None)

    def _count(self, problem: str, is_correct: bool | None) -> None:
        self.images += 1
        if problem:
            self.problems[problem] += 1
        if is_correct is not None:
            self.labelled += 1
            self.right += is_correct

    def check(self, skipped: SkippedFiles) -> None:
        """Raises CommandError if no image could be classified."""
        if not self.images:
            raise exit_codes.CommandError(
                f"There are no images{skipped.summary()}. Expected PNG, JPEG, WebP, GIF or BMP files.",
                exit_codes.FAILED,
            )
        if self.images == self.problems.total():
            raise exit_codes.CommandError(f"No image could be classified ({self._reasons()}).", exit_codes.FAILED)

    def summary(self, skipped: SkippedFiles) -> str:
        """One or two sentences."""
        text = f"{self.images - self.problems.total():,} classified"
        if self.problems:
            text += f", {self.problems.total():,} could not be classified ({self._reasons()})"
        if skipped.count:
            text += f", {skipped.count:,} other files skipped{skipped.summary()}"
        if self.labelled:
            score = wilson(self.right, self.labelled)
            text += (
                f". Accuracy on {self.labelled:,} labelled images: {percent(score.value)} "
                f"(95% CI {interval(score.low, score.high)})"
            )
        return text + "."

    def _reasons(self) -> str:
        """The most frequent reasons, with numbers."""
        shown = [f"{problem.rstrip('.')}: {count:,}" for problem, count in self.problems.most_common(2)]
        return "; ".join([*shown, "…"] if len(self.problems) > len(shown) else shown)
