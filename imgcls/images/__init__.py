"""From any image or drawing to the uint8 pixels a model expects.

loading              image files -> RGB pixels -> model input; the only way in for foreign images
canvas_strokes       drawings from the canvas: validation and rendering
ink                  ink separated from its background and placed as in MNIST
handwriting          whether images are handwriting, with dark or light ink
text_region          the handwriting in a photo
tight_crop           handwriting cropped so closely that no paper is left around it
page_rectification   a sheet of paper in a photo, cropped and straightened
square               cropping or padding to a square
strokes              handwriting as strokes, for making training images
"""
