"""What a finished training run writes.

results.py         test predictions, gallery, validation predictions, model.json
litert_file.py     model.tflite, compared with the model
explain_data.py    features and images for explanations
activations.py     the graph with the activations of every layer
served_export.py   the model with 8-bit weights, which answers faster
converter.py       Keras model -> LiteRT, ONNX, SavedModel: what `imgcls.export.formats` is made from
convert.py         the process that converts the model of a run
plain_interpreter.py   runs an exported file with plain Keras, to verify it
"""
