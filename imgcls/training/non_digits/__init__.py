"""Fits the network that tells drawings of other things from digits, `imgcls/inference/rejection/non_digits.npz`.

    IMGCLS_DATA=FOLDER python -m imgcls.training.non_digits.fit [--cross-validate] [--output FILE]

shapes     outliers that people draw: smileys, zigzags, arrows, stars, scribbles
examples   digits and outliers as model inputs and pen features, with their writers
fit        the network, cross-validation over writers, and the threshold

It needs `mnist.npz`, `pen_digits_train.json.gz` and `pen_characters_train.json.gz` in the folder set by IMGCLS_DATA,
and uses the letters of the package hershey-fonts if that is installed.
"""
