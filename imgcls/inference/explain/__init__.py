"""Why did the model say that? Heat maps, similar training pictures, and how unlike all of them a picture is.

    hiding       occlusion: what changes when a part of the picture is hidden: for every model
    cam          Grad-CAM: which maps of a late layer spoke for an answer, and where
    heat         a heat map laid over its picture
    neighbours   the most similar training pictures, and how far they are
    making       what older runs lack for this: asked for, watched

NumPy and LiteRT only, so that pages can ask at once. What it reads lies in the run's folder, written by
`imgcls.training.export.explain_data`.
"""

from imgcls.inference.explain.grad_cam import grad_cam
from imgcls.inference.explain.neighbours import nearest, unfamiliarity
from imgcls.inference.explain.occlusion import occlusion

__all__ = ["grad_cam", "nearest", "occlusion", "unfamiliarity"]
