"""The progress of a campaign as a picture: SVG or PNG, the same bytes for the same history."""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from autoresearch_ci.core.history import History
from autoresearch_ci.reports.chart import palette

DOTS_PER_INCH = 160
"""Of a PNG: 1,600 pixels wide, sharp where it is shown at half of that."""


def chart(
    history: History,
    target_value: float | None = None,
    *,
    form: str = "svg",
    dark: bool | None = None,
) -> bytes:
    """A dot for each experiment, the best so far as a line, the kept ideas by name.

    `form` is `svg` or `png`. `dark` says which colours; None lets an SVG follow its viewer,
    and a PNG be light. An SVG has no scripts, links or fonts of its own; text in it is text.
    """
    colours = palette.DARK if dark else palette.LIGHT
    out = io.BytesIO()
    with styled(colours):
        from autoresearch_ci.reports.chart.drawing import draw  # noqa: PLC0415 - heavy

        figure = draw(history, target_value, colours)
        if form == "png":
            figure.savefig(out, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None})
            return out.getvalue()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    picture = out.getvalue()
    if dark is None:
        follow = palette.follow().encode()
        picture = picture.replace(b"</style>", follow + b"</style>", 1)
    return picture


@contextmanager
def styled(colours: palette.Palette) -> Iterator[None]:
    """Let matplotlib draw in these colours, and the same on every machine."""
    os.environ.setdefault("MPLBACKEND", "svg")
    import matplotlib as mpl  # noqa: PLC0415 - heavy, and not every command draws

    style: Any = {
        "svg.fonttype": "none",
        "svg.hashsalt": "autoresearch-ci",
        "text.parse_math": False,
        "font.family": "sans-serif",
        "font.sans-serif": ["DejaVu Sans"],
        "font.size": 9.5,
        **palette.style(colours),
    }
    with mpl.rc_context(style), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")  # of a script that the font lacks
        yield
