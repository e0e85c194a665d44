"""Transfer learning.

loop.py                the two stages: a head on cached features, then fine-tuning
features.py            feature extraction
heads.py               the head that is trained, with NumPy or Keras
linear_head.py         a linear head in NumPy
head_solver.py         the initial weights of a linear head
whole_model.py         backbone and head as a Keras model
known_networks.py      model files without Keras
early_start.py         features and head while TensorFlow is being imported
several_seeds.py       what runs that differ only in their seed share
for_preflight.py       what a pre-flight check trains
download_weights.py    downloads pretrained weights
"""
