"""Pictures of lessons that are about something else than one term of the glossary."""

from imgcls.lessons.pictures.shapes import HOT, INK, arrow, grid

SEVEN = [(0, 0), (1, 0), (2, 0), (3, 0), (4, 0), (4, 1), (3, 2), (2, 3), (2, 4)]
SHUFFLED = [(1, 0), (4, 0), (3, 1), (0, 2), (2, 2), (4, 3), (1, 3), (0, 4), (3, 4)]
SCENES = {
    "Shuffled pixels": (
        "A seven made of nine pixels, and the same nine pixels in places that show nothing.",
        grid(5, 14, 5, 7, SEVEN, INK) + arrow((44, 32), (53, 32), HOT) + grid(57, 14, 5, 7, SHUFFLED, HOT),
    ),
}
"""Name -> what its picture shows, and its shapes."""
