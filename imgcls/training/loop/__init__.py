"""The training loop.

loop.py                 epochs of steps, requests, checkpoints
trainable.py            what it trains: a network, its optimiser, its steps
batches.py              shuffled and augmented batches
steps.py                optimiser and compiled steps of a Keras model
class_weights.py        the weights of the classes in the training loss
evaluate.py             loss and accuracy on a subset
state.py                position, best epoch, patience, changes by requests
ema.py                  moving average of the weights
muon.py                 the Muon optimiser
running_metrics.py      mean loss, accuracy and speed over batches
epoch_predictions.py    records validation predictions after each epoch
"""
