"""The pictures of terms that a beginner meets last: scores and their statistics, and methods of training."""

import math

from imgcls.lessons.pictures.shapes import (
    COOL,
    HOT,
    INK,
    arrow,
    axes,
    bars,
    box,
    cross,
    dashed,
    dot,
    dots,
    image,
    line,
    text,
)

BELL = [(10 + 2 * at, 52 - 40 * math.exp(-((at - 19) ** 2) / 90)) for at in range(39)]
ROC = [(10, 56), (14, 30), (24, 18), (44, 11), (88, 7)]
NOISY = [(14, 16), (22, 30), (30, 22), (38, 38), (46, 28), (54, 44), (62, 34), (70, 48), (78, 40), (86, 47)]
SMOOTH = [(14, 18), (26, 25), (38, 31), (50, 36), (62, 39), (74, 42), (86, 44)]
PICTURES = {
    "Abstention": (
        "Five low bars below a line; beside them, a question mark.",
        bars((14, 18, 22, 16, 12), -1) + dashed([(8, 22), (88, 22)], HOT) + text(84, 16, "?", HOT),
    ),
    "Activation": (
        "An image goes into a unit, from which a number comes.",
        image(4, 18)
        + arrow((36, 32), (46, 32))
        + dot(56, 32, HOT, 8)
        + arrow((67, 32), (76, 32), HOT)
        + text(86, 37, "2.4"),
    ),
    "Average precision": (
        "A curve of precision over recall; the area below it is shaded.",
        f'<path d="M10 14 L40 16 L62 24 L78 40 L88 56 L10 56 Z" fill="{HOT}" fill-opacity="0.35" stroke="none"/>'
        + axes()
        + line([(10, 14), (40, 16), (62, 24), (78, 40), (88, 56)], HOT),
    ),
    "Batch normalisation": (
        "Wide and shifted bells become one of the same width in the middle.",
        line([(x * 0.4, 12 + y * 0.55) for x, y in BELL], COOL)
        + line([(8 + x * 0.25, 18 + y * 0.45) for x, y in BELL], INK)
        + arrow((44, 34), (54, 34), HOT)
        + line([(52 + x * 0.45, y) for x, y in BELL], HOT),
    ),
    "bfloat16": (
        "A long bar, and below it one half as long.",
        box(14, 14, 68, 14, INK, 0.3) + box(14, 38, 34, 14, HOT, 0.5),
    ),
    "Bootstrap": (
        "One set of images, from which several of the same size are drawn, some images twice.",
        "".join(box(6, 10 + 12 * at, 14, 9, COOL if at == 1 else INK, 0.5 if at == 1 else 0) for at in range(4))
        + arrow((26, 32), (40, 32), HOT)
        + "".join(
            box(46 + 17 * column, 10 + 12 * row, 12, 9, COOL, 0.5)
            if (column, row) in ((0, 0), (0, 2), (2, 3))
            else box(46 + 17 * column, 10 + 12 * row, 12, 9)
            for column in range(3)
            for row in range(4)
        ),
    ),
    "Checkpoint": (
        "A path with a flag, from which it goes on.",
        line([(6, 52), (24, 44), (42, 40)])
        + dashed([(42, 40), (62, 30), (88, 18)], COOL)
        + line([(42, 40), (42, 12), (58, 18), (42, 24)], HOT),
    ),
    "Class weights": (
        "A pair of scales on which two images weigh as much as one large weight.",
        line([(48, 12), (48, 56)])
        + line([(14, 20), (82, 20)])
        + line([(36, 56), (60, 56)])
        + dots([(10, 40), (18, 40), (26, 40), (14, 32), (22, 32)], COOL, 3.5)
        + line([(4, 46), (32, 46)], COOL)
        + box(72, 30, 18, 14, HOT, 0.5)
        + line([(66, 46), (94, 46)], HOT),
    ),
    "Confident learning": (
        "An image with a tag that is crossed out, and another tag beside it.",
        image(6, 14, 36)
        + box(50, 8, 30, 18, INK, 0, 6)
        + text(65, 22, "1")
        + cross(65, 17, HOT, 9)
        + box(50, 38, 30, 18, COOL, 0, 6)
        + text(65, 52, "7", COOL),
    ),
    "Cross-entropy": (
        "The loss for the probability of the true class: high near zero, and zero at one.",
        axes() + line([(10 + 76 * p, 56 + 16 * math.log(p)) for p in (0.045, 0.1, 0.2, 0.35, 0.5, 0.75, 1)], HOT),
    ),
    "Cross-validation": (
        "Four rows of four parts; in each row another part is set aside.",
        "".join(
            box(14 + 17 * column, 6 + 14 * row, 14, 10, HOT if row == column else INK, 0.6 if row == column else 0)
            for row in range(4)
            for column in range(4)
        ),
    ),
    "Dataset": (
        "Images, each with a tag.",
        "".join(image(4 + 31 * at, 8, 26) + box(8 + 31 * at, 42, 18, 14, HOT, 0, 5) for at in range(3))
        + "".join(text(17 + 31 * at, 53, "7", HOT) for at in range(3)),
    ),
    "Dataset version": (
        "A set of images with a fingerprint.",
        "".join(box(8 + 5 * at, 12 + 5 * at, 26, 26) for at in range(3))
        + "".join(f'<path d="M{66 - r} 52 A{r} {1.5 * r} 0 0 1 {66 + r} 52" stroke="{HOT}"/>' for r in (6, 12, 18)),
    ),
    "ECE": (
        "Bars beside the diagonal; what is between is marked.",
        axes()
        + "".join(box(14 + 18 * at, 56 - h, 13, h, COOL, 0.4) for at, h in enumerate((6, 16, 24, 34)))
        + "".join(
            box(14 + 18 * at, 56 - h - g, 13, g, HOT, 0.6)
            for at, (h, g) in enumerate(((6, 4), (16, 7), (24, 10), (34, 12)))
        )
        + dashed([(10, 56), (86, 6)], INK),
    ),
    "EMA": ("A jagged line, and a smooth one through it.", axes() + line(NOISY) + line(SMOOTH, HOT)),
    "Export": (
        "A network, an arrow, and a file.",
        line([(10, 18), (40, 32), (10, 46)])
        + dots([(10, 18), (10, 46), (40, 32)], INK, 5)
        + arrow((50, 32), (62, 32), HOT)
        + line([(68, 12), (82, 12), (90, 20), (90, 52), (68, 52), (68, 12)], HOT)
        + line([(82, 12), (82, 20), (90, 20)], HOT),
    ),
    "F1": (
        "Two bars, precision and recall, and one between them that is nearer to the lower.",
        box(18, 14, 14, 42, COOL, 0.4)
        + box(64, 38, 14, 18, COOL, 0.4)
        + box(41, 31, 14, 25, HOT, 0.6)
        + line([(10, 56), (86, 56)]),
    ),
    "Feature": (
        "An image becomes a short column of numbers.",
        image(6, 14, 36)
        + arrow((48, 32), (62, 32), HOT)
        + "".join(box(70, 8 + 12 * at, 16, 12, HOT, (0.2, 0.7, 0.1, 0.5)[at], 0) for at in range(4)),
    ),
    "Grad-CAM": (
        "An image under a coarse grid, of which two cells are bright.",
        image(28, 10, 44) + box(39, 10, 22, 11, HOT, 0.5, 0) + box(50, 21, 11, 22, HOT, 0.35, 0),
    ),
    "Group": (
        "Images in two frames; a line between the frames divides none of them.",
        box(6, 14, 36, 36, COOL)
        + box(54, 14, 36, 36, HOT)
        + dashed([(48, 6), (48, 58)])
        + dots([(16, 24), (30, 26), (18, 40), (32, 38)], COOL)
        + dots([(66, 24), (78, 30), (68, 40)], HOT),
    ),
    "Held-out images": (
        "Images, of which four are set apart.",
        "".join(box(6 + 14 * (at % 3), 14 + 19 * (at // 3), 11, 14) for at in range(6))
        + dashed([(54, 8), (54, 56)], INK)
        + "".join(box(62 + 15 * (at % 2), 14 + 19 * (at // 2), 11, 14, HOT, 0.6) for at in range(4)),
    ),
    "Label smoothing": (
        "One bar that is not quite full, and low ones beside it.",
        "".join(box(14 + 14 * at, 52, 9, 4, COOL, 0.5) for at in (0, 1, 3, 4))
        + box(42, 14, 9, 42, HOT, 0.6)
        + dashed([(8, 8), (88, 8)]),
    ),
    "Logit": (
        "Bars to both sides of zero, before they become probabilities.",
        line([(8, 32), (88, 32)])
        + box(16, 32, 10, 14, COOL, 0.5)
        + box(34, 32, 10, 20, COOL, 0.5)
        + box(52, 8, 10, 24, HOT, 0.6)
        + box(70, 24, 10, 8, COOL, 0.5),
    ),
    "Macro and weighted average": (
        "A large and a small class: once each counts the same, once the large one counts more.",
        dot(18, 20, COOL, 13, is_full=False)
        + dot(18, 50, HOT, 6, is_full=False)
        + box(44, 12, 20, 20, COOL, 0.4, 0)
        + box(64, 12, 20, 20, HOT, 0.5, 0)
        + box(44, 40, 32, 16, COOL, 0.4, 0)
        + box(76, 40, 8, 16, HOT, 0.5, 0),
    ),
    "McNemar test": (
        "A table of two by two; the two cells in which only one model is right are marked.",
        box(26, 10, 22, 22) + box(48, 32, 22, 22) + box(48, 10, 22, 22, HOT, 0.5) + box(26, 32, 22, 22, COOL, 0.5),
    ),
    "Multi-label": (
        "An image with two tags.",
        box(6, 14, 36, 36)
        + line([(8, 40), (18, 28), (26, 38), (32, 32), (40, 42)])
        + dot(32, 22, HOT, 4)
        + box(52, 12, 38, 17, COOL, 0, 6)
        + text(71, 25, "sea", COOL)
        + box(52, 36, 38, 17, HOT, 0, 6)
        + text(71, 49, "sun", HOT),
    ),
    "Occlusion": (
        "A square covers a part of a seven; beside it, a bar becomes lower.",
        image(6, 12, 40)
        + box(26, 14, 16, 16, HOT, 0.8, 0)
        + box(60, 14, 10, 42, COOL, 0.4)
        + box(76, 34, 10, 22, HOT, 0.6),
    ),
    "One-cycle": (
        "A learning rate that rises, then falls to zero.",
        axes() + line([(12, 44), (22, 26), (34, 12), (50, 18), (64, 34), (76, 48), (86, 55)], HOT),
    ),
    "Optimiser": (
        "Steps from a slope down into a valley.",
        line([(8 + at, 12 + 42 * math.sin(math.pi * at / 80)) for at in range(0, 81, 4)])
        + arrow((12, 14), (20, 26), HOT)
        + arrow((20, 26), (30, 42), HOT)
        + arrow((30, 42), (46, 50), HOT),
    ),
    "p-value": (
        "A bell; its tail beyond a line is marked.",
        line(BELL)
        + dashed([(70, 8), (70, 54)], HOT)
        + f'<path d="M70 46 L76 49.5 L86 51.5 L86 54 L70 54 Z" fill="{HOT}" fill-opacity="0.7" stroke="{HOT}"/>',
    ),
    "Quantisation": (
        "A smooth curve becomes one of steps.",
        line([(8 + 2 * at, 32 - 20 * math.sin(at / 6.4)) for at in range(41)])
        + line(
            [
                (x, 32 - 20 * s)
                for x, s in (
                    (8, 0),
                    (16, 0),
                    (16, 0.7),
                    (36, 0.7),
                    (36, 0),
                    (54, 0),
                    (54, -0.7),
                    (78, -0.7),
                    (78, 0),
                    (90, 0),
                )
            ],
            HOT,
        ),
    ),
    "ROC curve": (
        "A curve far above the diagonal.",
        axes() + line(ROC, HOT) + dashed([(10, 56), (88, 7)]),
    ),
    "Run": (
        "A folder with a learning curve.",
        line([(10, 54), (10, 12), (32, 12), (38, 18), (86, 18), (86, 54), (10, 54)])
        + line([(20, 46), (32, 34), (46, 29), (60, 27), (76, 26)], HOT),
    ),
    "t-SNE": (
        "Points on a map, in three clusters.",
        dots([(16, 18), (24, 14), (22, 24), (30, 20)], COOL, 3)
        + dots([(66, 14), (74, 20), (70, 26), (80, 14)], HOT, 3)
        + dots([(42, 46), (50, 52), (54, 44), (46, 40)], INK, 3),
    ),
    "Temperature scaling": (
        "One very high bar becomes lower, and the others higher.",
        box(8, 50, 9, 6)
        + box(20, 8, 9, 48, INK)
        + box(32, 52, 9, 4)
        + arrow((46, 32), (56, 32), HOT)
        + box(62, 42, 9, 14, HOT, 0.5)
        + box(74, 22, 9, 34, HOT, 0.5)
        + box(86, 46, 8, 10, HOT, 0.5),
    ),
    "Test-time augmentation": (
        "An image and its mirror image lead to one answer.",
        image(4, 4, 26)
        + box(4, 34, 26, 26, HOT)
        + line([(23.5, 38.6), (10.5, 38.6), (18.9, 55.4)], HOT)
        + line([(34, 18), (54, 30)])
        + line([(34, 46), (54, 34)], HOT)
        + arrow((56, 32), (72, 32))
        + text(84, 37, "7"),
    ),
    "Weight decay": (
        "Two bars that become a little shorter.",
        box(14, 16, 40, 12, INK)
        + box(14, 16, 30, 12, HOT, 0.5)
        + box(14, 38, 66, 12, INK)
        + box(14, 38, 50, 12, HOT, 0.5),
    ),
}
