"""Why did the model predict that? Each explanation method is one file here, found by its name.

A method is a module with TITLE (a heading), HELP (what to look for, in a sentence or two), KIND, and one function:

    KIND = HEAT_MAP   heat_maps(run, pixels)                           evidence at each pixel, for all classes
    KIND = STROKES    contributions(run, card, drawing, probabilities)  evidence of each stroke of a drawing
    KIND = EXAMPLES   examples(run, features, count)                   the most similar training images

A heat map method also has CAPTION (a few words below its image; {name} is the class) and UNIT (of its values, or "" if
they have none worth showing). Pages show every method of a kind; a new file needs no registration.

    grad_cam, occlusion    heat maps
    stroke_attribution     strokes
    neighbours             examples
    overlay                a heat map drawn over its image
    activation_grid        the feature maps of a layer as one image
    task                   computes what older runs lack for this, in the background

NumPy and LiteRT only. The stored features are written by `imgcls.training.export.explain_data`.
"""

import importlib
import pkgutil
from functools import cache
from types import ModuleType

HEAT_MAP, STROKES, EXAMPLES = "heat map", "strokes", "examples"


@cache
def methods(kind: str) -> tuple[ModuleType, ...]:
    """The explanation methods of a kind, sorted by file name."""
    names = sorted(entry.name for entry in pkgutil.iter_modules(__path__))
    modules = (importlib.import_module(f"{__name__}.{name}") for name in names)
    return tuple(module for module in modules if getattr(module, "KIND", None) == kind)
