"""How well a model still reads damaged pictures: eight damages at five strengths, up to 1,000 test pictures.

    damages      noise, blur, brightness, contrast, shift, rotation, occlusion, JPEG
    answers      the model's answers to all of them: made by a process, kept in the run, read by the page
    advice       the augmentation that would help

`python -m imgcls.evaluation.robustness RUN` does the work, with LiteRT and NumPy alone.
Source of the idea: Hendrycks, D. and Dietterich, T. (2019), "Benchmarking Neural Network Robustness to Common
Corruptions and Perturbations", ICLR; five strengths for each damage, as there.
"""
