"""The script that the trainer is compared with: the same network, trained by `model.fit` alone.

    python -m benchmarks.plain_keras FILE.npz cnn 64 6

The file holds x, y, x_val, y_val. Prints the seconds of each epoch, validation included, and the parameter count. XLA
is off, as in the trainer: Keras would enable it, which makes these networks several times slower on this kind of
machine.
"""

import json
import sys
import time


def main() -> None:
    import keras
    import numpy as np
    from keras import layers

    from imgcls import models

    path, family, batch_size, epochs = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    data = np.load(path)
    shape, num_classes = data["x"].shape[1:], int(data["y"].max()) + 1
    scale = [keras.Input(shape, dtype="uint8"), layers.Rescaling(1 / 255)]
    if family == "cnn":
        model = keras.Sequential(
            [
                *scale,
                layers.Conv2D(16, 3, padding="same", activation="relu"),
                layers.MaxPooling2D(),
                layers.Dropout(0.15),
                layers.Conv2D(32, 3, padding="same", activation="relu"),
                layers.MaxPooling2D(),
                layers.Dropout(0.15),
                layers.Flatten(),
                layers.Dense(64, activation="relu"),
                layers.Dropout(0.3),
                layers.Dense(num_classes),
            ]
        )
    else:
        model = keras.Model(scale[0], models.family(family).classify(layers, scale[1](scale[0]), num_classes))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, metrics=["accuracy"], jit_compile=False)
    times: list[float] = []
    clock = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: times.append(-time.perf_counter()),
        on_epoch_end=lambda epoch, logs: times.append(times.pop() + time.perf_counter()),
    )
    validation = (data["x_val"], data["y_val"])
    model.fit(
        data["x"],
        data["y"],
        batch_size,
        epochs,
        verbose=0,
        callbacks=[clock],
        validation_data=validation,
        validation_batch_size=256,
    )
    print(json.dumps({"seconds": times, "parameters": model.count_params()}))


if __name__ == "__main__":
    main()
