"""Inference without Keras and without Streamlit: prepare an input, run the model, decide on a rejection, explain.

answering        answer(run, image_or_strokes) -> Answer: the one entry point of pages, batch mode, scripts and services
preparing        image or strokes -> the exact pixels that the model receives
predictor        the LiteRT model of a run, cached, and its probabilities
served_model     the 8-bit model that answers instead where it is faster and equivalent
model_files      checks a model file before the interpreter, which trusts it, reads it
imported_models  the probabilities of a model from elsewhere, which runs in a sandbox
sandbox/         a child process with limits, for model files from elsewhere
rejection/       reasons to reject an input instead of classifying it
explain/         saliency maps, stroke contributions, nearest training images
activations      the outputs of every layer
input_quality    how a drawing differs from the training images
batch/           many images at once: files, results as CSV and JSON
visual_search/   the most similar images of a dataset
"""

from imgcls.inference.answering import Answer, answer
from imgcls.inference.predictor import Predictor, classify, load_predictor
from imgcls.inference.preparing import prepare
from imgcls.inference.rejection import Rejection, reject

__all__ = ["Answer", "Predictor", "Rejection", "answer", "classify", "load_predictor", "prepare", "reject"]
