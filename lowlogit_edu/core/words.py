"""Words that follow a number.

>>> counted(1, "history", "histories")
'1 history'
>>> counted(1200, "token")
'1,200 tokens'
>>> counted(0.5, "nat")
'0.5 nats'
>>> f"1 of 30 rows {are(1)} outside"
'1 of 30 rows is outside'
"""


def counted(number: int | float, one: str, many: str = "") -> str:
    """A number and what it counts; `many` is `one` with an s unless another word is given."""
    shown = f"{number:,}" if isinstance(number, int) else f"{number:g}"
    return f"{shown} {one if number == 1 else many or one + 's'}"


def are(number: int) -> str:
    """The verb of so many."""
    return "is" if number == 1 else "are"
