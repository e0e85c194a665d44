"""What is in a dataset: computed once in a separate process, cached, and read by the Data page.

    cache            where results are stored; start, watch, cancel and read the analysis
    survey           one pass over all images: mean images, brightness, duplicates, outliers, points of the map
    perceptual_hash  downscaled copies and perceptual hashes
    duplicates       exact and near-duplicates
    embedding        principal components, outlier scores, t-SNE

`python -m imgcls.datasets.analysis survey NAME` and `python -m imgcls.datasets.analysis tsne NAME` do the work, and
`analyse` does it in this process. The survey needs NumPy only: importing SciPy or scikit-learn would take longer than
computing the principal components and robust scores of a dataset. t-SNE comes from scikit-learn.
"""

from imgcls.datasets.analysis.analyse import analyse

__all__ = ["analyse"]
