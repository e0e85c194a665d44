"""One GPU for each training run on this machine."""

from imgcls.runs import Run, all_runs
from imgcls.runs.run import UNDER_WAY
from imgcls.system import atomic, hardware, json_files


def assign(run: Run) -> dict[str, str]:
    """The variable that gives a run a GPU of its own, or none if all are in use; empty on a machine without GPUs.

    The GPU is recorded in the run, where the next queue process finds it.

    Raises:
        OSError: trainer.json cannot be read or written.
    """
    found = hardware.gpus()
    if not found:
        return {}
    others = [other for other in all_runs() if other != run and not (other.folder / "result.json").exists()]
    taken = {other.job.get("gpu") for other in others if other.state in UNDER_WAY and not other.is_parked}
    number = next((number for number in found if number not in taken), "")
    content = json_files.read_object(run.folder / "trainer.json")
    device = {"gpu": number, "device": found[number] if number else "CPU"}
    atomic.write_json(run.folder / "trainer.json", content | {"job": {**content.get("job", {}), **device}})
    return {"CUDA_VISIBLE_DEVICES": number}
