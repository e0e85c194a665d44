"""What a finished training writes.

results.py         test predictions, gallery, validation predictions, model.json
explain_data.py    features and images for explanations
activations.py     the graph with the activations of every layer
formats/           export formats: one file each
"""
