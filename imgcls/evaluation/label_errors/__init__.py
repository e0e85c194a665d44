"""Labels that are probably wrong: found by what a model holds for likely, judged by a person.

    confident    confident learning: which labels the probabilities contradict (NumPy)
    crossed      probabilities for training pictures, each by a head that has not learnt from it
    training     suspects among the training pictures: made by a process, kept in the run, read by the page
    judged       what a person said of them

`python -m imgcls.evaluation.label_errors RUN` looks through the training pictures.
"""
