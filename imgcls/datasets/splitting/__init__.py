"""Stratified training and validation sets.

training_split  the split of a dataset for the settings of a run: the entry point for everything that trains
stratified      one class per image; `split` and `split_counts` work on labels alone
multilabel      several labels per image: iterative stratification
grouped         images of one group stay together
"""
