"""Digits as strokes, and drawings of them in any place and size."""

from imgcls.images.canvas_strokes import Handwriting, from_message

ONE = [(50, 10), (50, 90)]
SEVEN = [(20, 10), (80, 10), (40, 90)]
FOUR = [[(30, 10), (20, 55), (80, 55)], [(65, 10), (65, 90)]]
FIVE = [[(35, 15), (30, 45), (70, 55), (60, 90), (25, 85)], [(37, 8), (75, 8)]]


def drawing(*strokes, at=(60, 60), scale=1.0, pen=12) -> Handwriting:
    lists = [[float(v) for x, y in stroke for v in (at[0] + scale * x, at[1] + scale * y, pen)] for stroke in strokes]
    return from_message({"strokes": lists})
