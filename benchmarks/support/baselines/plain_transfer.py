"""The usual tutorial on transfer learning: a frozen backbone inside the model, `model.fit`, nothing cached.

    python -m benchmarks.support.baselines.plain_transfer FILE.npz 96 64 5

The file holds x, y, x_val, y_val. Prints the seconds of each epoch, validation included, and the accuracies.
"""

import json
import sys
import time


def main() -> None:
    import keras
    import numpy as np
    from keras import layers

    from imgcls.training.model_builder import shipped_network

    path, size, batch_size, epochs = sys.argv[1], *map(int, sys.argv[2:5])
    data = np.load(path, allow_pickle=False)
    base = keras.applications.MobileNet(
        input_shape=(size, size, 3), alpha=0.25, include_top=False, weights=None, pooling="avg"
    )
    shipped_network.load_weights("MobileNet 0.25", base)
    base.trainable = False
    inputs = keras.Input(data["x"].shape[1:])
    x = layers.Resizing(size, size)(inputs)
    x = layers.Rescaling(1 / 127.5, offset=-1.0)(x)
    x = layers.Dropout(0.2)(base(x, training=False))
    model = keras.Model(inputs, layers.Dense(int(data["y"].max()) + 1)(x))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, metrics=["accuracy"], jit_compile=False)
    times: list[float] = []
    clock = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: times.append(-time.perf_counter()),
        on_epoch_end=lambda epoch, logs: times.append(times.pop() + time.perf_counter()),
    )
    history = model.fit(
        data["x"],
        data["y"],
        batch_size,
        epochs,
        verbose=0,
        callbacks=[clock],
        validation_data=(data["x_val"], data["y_val"]),
        validation_batch_size=256,
    )
    print(json.dumps({"seconds": times, "val_accuracy": history.history["val_accuracy"]}))


if __name__ == "__main__":
    main()
