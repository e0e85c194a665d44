"""Scores as text, in one way for pages, commands, reports and files."""


def percent(value: float | None, digits: int = 1) -> str:
    """'97.3%'; a dash if there is none, or not a number. Only 1 is '100.0%': 0.9996 is '99.9%', not rounded up."""
    if value is None or value != value:
        return "–"
    text = f"{100 * value:.{digits}f}%"
    if value < 1 and text == f"{100:.{digits}f}%":
        return f"{100 - 10**-digits:.{digits}f}%"
    return text
