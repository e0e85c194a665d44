"""How accurate is a model on corrupted test images? Eight corruptions at five strengths, on up to 1,000 test images.

    corruptions        noise, blur, brightness, contrast, shift, rotation, occlusion, JPEG
    evaluate           the model's predictions: computed by a background task, stored in the run, read by the page
    recommendations    augmentations that would help

`python -m imgcls.evaluation.robustness RUN` runs the task, with LiteRT and NumPy only.
Source of the idea: Hendrycks, D. and Dietterich, T. (2019), "Benchmarking Neural Network Robustness to Common
Corruptions and Perturbations", ICLR, which uses five strengths as well.
"""
