"""The pre-flight check and the learning-rate finder, as pages use them.

checks       start one, watch it, read what it has found
verdicts     what the findings of a check mean
lr_finder    the suggested learning rate
"""
