"""The usual tutorial: three convolutions, Adam, batches of 64, a constant learning rate, float32.

    python -m benchmarks.support.baselines.tutorial_script cifar10 0.70 25

Stops when the test accuracy after an epoch reaches the mark, or after the given number of epochs. Prints seconds and
CPU seconds since the start of training and the test accuracy, three numbers per epoch. The network is that of
TensorFlow's CIFAR-10 tutorial. XLA is off, as in the trainer: Keras would enable it, which makes these networks
several times slower on this kind of machine.
"""

import json
import sys
import time


def main() -> None:
    import keras
    import numpy as np
    from keras import layers

    from imgcls import datasets

    name, mark, most = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
    data = datasets.open_dataset(name)
    x, y, x_test, y_test = (np.array(part) for part in (data.x_train, data.y_train, data.x_test, data.y_test))
    keras.utils.set_random_seed(0)
    started, worked = time.perf_counter(), time.process_time()
    model = keras.Sequential(
        [
            keras.Input(x.shape[1:], dtype="uint8"),
            layers.Rescaling(1 / 255),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dense(data.facts.num_classes),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, metrics=["accuracy"], jit_compile=False)
    epochs: list[tuple[float, float, float]] = []

    def look(epoch: int, logs: dict) -> None:
        epochs.append((time.perf_counter() - started, time.process_time() - worked, logs["val_accuracy"]))
        model.stop_training = logs["val_accuracy"] >= mark

    watch = keras.callbacks.LambdaCallback(on_epoch_end=look)
    model.fit(x, y, 64, most, 0, [watch], validation_data=(x_test, y_test), validation_batch_size=256)
    print(json.dumps(epochs))


if __name__ == "__main__":
    main()
