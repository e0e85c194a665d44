"""What is in a data set, seen as a whole: computed once by a process of its own, read by the page.

    kept         where the findings lie, how they are asked for, watched and read
    survey       one look at every picture: means, brightness, duplicates, odd ones, points of a map
    copies       small copies and hashes
    duplicates   exact and near duplicates
    space        principal components, pictures unlike their class, t-SNE

`python -m imgcls.datasets.analysis survey NAME` and `python -m imgcls.datasets.analysis tsne NAME` do the work. NumPy only, but for t-SNE,
which imports scikit-learn in that process alone.
"""
