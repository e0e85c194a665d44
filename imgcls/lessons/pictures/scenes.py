"""Pictures of lessons that are about something else than one term of the glossary."""

from imgcls.lessons.pictures.shapes import COOL, HOT, INK, arrow, box, dots, grid, image, line, text

SEVEN = [(0, 0), (1, 0), (2, 0), (3, 0), (4, 0), (4, 1), (3, 2), (2, 3), (2, 4)]
SHUFFLED = [(1, 0), (4, 0), (3, 1), (0, 2), (2, 2), (4, 3), (1, 3), (0, 4), (3, 4)]
SCENES = {
    "Shuffled pixels": (
        "A seven made of nine pixels, and the same nine pixels in places that show nothing.",
        grid(5, 14, 5, 7, SEVEN, INK) + arrow((44, 32), (53, 32), HOT) + grid(57, 14, 5, 7, SHUFFLED, HOT),
    ),
    "Join a class": (
        "A screen with a code, and three phones that join with it.",
        box(8, 10, 44, 30, INK, 0.1)
        + text(30, 30, "K7PQ", HOT)
        + line([(30, 40), (30, 50)])
        + line([(20, 50), (40, 50)])
        + "".join(box(x, y, 11, 18, COOL, 0.2) for x, y in ((60, 8), (76, 18), (60, 34)))
        + dots([(65.5, 23), (81.5, 33), (65.5, 49)], COOL, 0.8),
    ),
    "Assign a task": (
        "A list of three tasks, two of which are done.",
        box(26, 6, 44, 52, INK, 0.1)
        + "".join(line([(44, y), (62, y)]) for y in (18, 32, 46))
        + "".join(line([(32, y), (35, y + 4), (40, y - 5)], HOT) for y in (18, 32))
        + box(32, 42, 8, 8),
    ),
    "Draw together": (
        "A wall of six drawn digits, one of which has just come in.",
        "".join(image(x, y, 22, INK) for x, y in ((9, 8), (37, 8), (65, 8), (9, 35), (37, 35)))
        + image(65, 35, 22, HOT, 0.3),
    ),
}
"""Name -> what its picture shows, and its shapes."""
