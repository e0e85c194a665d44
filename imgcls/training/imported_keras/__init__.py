"""A .keras file from elsewhere becomes a LiteRT model, in a sandbox and without `load_model`.

    archive.py       the zip archive, its config.json and its HDF5 file, checked before Keras is imported
    layers.py        the layers and settings that are allowed
    rebuild.py       builds the model from checked values, and reads its weights
    convert.py       the sandbox's child: `python -m imgcls.training.imported_keras.convert`

`load_model` would import and call what the file names; its safe mode has been circumvented repeatedly. Here, the file
only chooses among the layers of a list, and nothing of it is deserialised: settings are numbers, flags and known words.
"""
