"""From the bytes of a source's images to arrays of one size.

decode                image files to arrays, on a few threads
scale                 one range of values, and three bands, for all images with more than 8 bits or many bands
done                  what was done to the images, counted by kind
handwriting_question  whether a source is handwriting, with dark or light ink: guessed, or answered by the user
"""
