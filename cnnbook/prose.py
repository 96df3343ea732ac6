"""Measured numbers in sentences."""

from __future__ import annotations

import myst_nb


def say(name: str, value: object, spec: str = "", holds: bool = True) -> None:
    """Put a value into the prose, where ``{glue:text}`name` `` stands for it.

    Parameters
    ----------
    name : what the text calls it
    value : a number or a text
    spec : how to write it, as in `format`; a percent sign gets its space
    holds : what makes the sentence true; if it does not, the chapter stops here
    """
    text = format(value, spec).replace("%", " %") if spec else str(value)
    assert holds, f"The sentence with {name} is no longer true: it is now {text}."
    myst_nb.glue(name, text, display=False)
