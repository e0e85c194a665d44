"""The trainer: a process of its own that fills a run folder. The only place that imports Keras.

python -m imgcls.training RUN_FOLDER                                  a run that a page made
python -m imgcls.training --data mnist_sample --model cnn --epochs 3  the same from a shell
"""
