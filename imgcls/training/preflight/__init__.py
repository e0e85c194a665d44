"""The heavy half of the checks before a training run, in a process of its own. `imgcls.jobs.preflight` is the light
half.

checks.py       the pre-flight check
lr_finder.py    the learning-rate finder
load.py         how busy the machine is
report.py       writes the results while they come in
process.py      the process
"""
