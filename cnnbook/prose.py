"""What joins code to text: measured numbers in sentences, and the package's source in a page."""

import inspect
import pathlib

import IPython.display

from cnnbook import data


def say(name: str, value: object, spec: str = "", holds: bool = True) -> None:
    """Put a value into the prose, where a ``{glue:text}`` with its name stands for it.

    name : what the text calls it
    value : a number or a text
    spec : how to write it, as in `format`; a percent sign gets its space
    holds : what makes the sentence true, else the chapter stops; with other data, it is left out
    """
    if data.OTHER_FILE and not holds:
        return
    text = format(value, spec).replace("%", " %") if spec else str(value)
    assert holds, f"The sentence with {name} is no longer true: it is now {text}."
    kind = "application/papermill.record/"  # as myst_nb.glue does
    glued = {"scrapbook": {"name": name, "mime_prefix": kind}}
    IPython.display.display({f"{kind}text/plain": repr(text)}, raw=True, metadata=glued)


def show(*objects: object) -> IPython.display.Markdown:
    """Show the source of functions, classes, modules or files (a `pathlib.Path`), highlighted."""
    sources = [
        thing.read_text(encoding="utf-8")
        if isinstance(thing, pathlib.Path)
        else inspect.getsource(thing)
        for thing in objects
    ]
    code = "\n\n".join(source.strip("\n") for source in sources)
    return IPython.display.Markdown(f"```python\n{code}\n```")
