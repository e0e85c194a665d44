"""Label errors: labels that the model's probabilities contradict, reviewed by the user.

    confident_learning   which labels the probabilities contradict (NumPy)
    cross_validation     out-of-sample probabilities for the training images
    training_set         suspected labels in the training set: computed by a process, stored in the run, read by pages
    reviews              the user's reviews of suspected labels

`python -m imgcls.evaluation.label_errors RUN` analyses the training images.
"""
