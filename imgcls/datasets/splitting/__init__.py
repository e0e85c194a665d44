"""Stratified training and validation sets.

stratified    one class per image; `split` and `split_counts` are the entry points for all datasets
multilabel    several labels per image: iterative stratification
"""
