"""Transfer learning.

loop.py                the two stages: a head on cached features, then fine-tuning
features.py            feature extraction
head_solver.py         the initial weights of a linear head
early_start.py         features and head while TensorFlow is being imported
several_seeds.py       what runs that differ only in their seed share
for_preflight.py       what a pre-flight check trains
download_weights.py    downloads pretrained weights
"""
