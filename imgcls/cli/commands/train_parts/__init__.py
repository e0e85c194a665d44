"""Parts of `imgcls train`.

options     how its options are built from the settings of a run
seeds       `--seeds`: runs that differ only in the seed
vary        `--vary`: a study instead of a single run
"""
