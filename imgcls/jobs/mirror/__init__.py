"""Runs in object storage, for machines without a shared folder: S3, Google Cloud, Azure, or any URL that fsspec knows.

storage          reading and writing objects below a URL
pushing          a run to the storage, while it trains or afterwards
pulling          a run from the storage, also while it trains elsewhere
curve_parts      metrics.jsonl as a few objects of which the last one is replaced as it grows
live             curve and sign of life go on while files are copied
dataset_copies   datasets, each transferred once by its fingerprint

    URL/runs/ID/NAME                   the files of a run, each replaced as a whole
    URL/runs/ID/metrics/OFFSET.jsonl   parts of metrics.jsonl from that byte on; objects cannot grow
    URL/runs/ID/beat.json              changes every moment while the run trains
    URL/runs/ID/result.json            last: if it is there, everything else is
    URL/datasets/FINGERPRINT/...       the files of a dataset, dataset.json last

An object store has no append, no locks and no rename of folders. So a trainer never writes there: it writes locally,
and another process copies.
"""

from imgcls.jobs.mirror.pulling import Pull
from imgcls.jobs.mirror.pushing import Push
from imgcls.jobs.mirror.storage import Storage

__all__ = ["Pull", "Push", "Storage"]
