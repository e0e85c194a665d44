"""Transfer learning.

loop.py                the two stages: a head on cached features, then fine-tuning
features.py            feature extraction
download_weights.py    downloads pretrained weights
"""
