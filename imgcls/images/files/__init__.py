"""Image files of any kind -> upright uint8 RGB pixels, and what was done to get them.

decoding        the bytes of a file -> pixels: formats, limits, rotation, transparency
colour_profile  colours of a wide gamut become sRGB
samples         values beyond 8 bits and more than three bands, as they are in the file
pixel_scale     how such values become 0 to 255, the same way for a whole dataset
tiff            TIFF files that Pillow cannot hold
checks          accepted formats, sizes, and the errors about files that are not accepted
notes           what was done, as sentences
"""
