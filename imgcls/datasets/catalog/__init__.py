"""The built-in datasets, one file each. To add a dataset, add a file here; no list has to be changed.

What a file defines is described in `imgcls.datasets.info`. Modules with a leading underscore are shared code.
"""
