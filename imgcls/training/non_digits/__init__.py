"""Fits the network that tells drawings of other things from digits, `imgcls/inference/rejection/non_digits.npz`.

    IMGCLS_DATA=FOLDER python -m imgcls.training.non_digits.fit [--cross-validate | --check] [--output FILE]

shapes     outliers that people draw: smileys, zigzags, arrows, stars, scribbles
fonts      letters, digits and signs of fonts that imitate handwriting
examples   digits and outliers as model inputs and pen features, with their writers
fit        the network, cross-validation over writers, the threshold, and whether the file can be reproduced

It needs `mnist.npz`, `pen_digits_train.json.gz`, `pen_characters_train.json.gz` and the fonts named in `fonts` in the
folder set by IMGCLS_DATA, the package hershey-fonts 2.1.0, and matplotlib, which comes with mlxtend.
"""
