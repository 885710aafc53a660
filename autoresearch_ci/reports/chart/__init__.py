"""The progress of a campaign as a picture: SVG or PNG, the same bytes for the same history."""

from __future__ import annotations

import io
import os
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import Importance
from autoresearch_ci.reports.chart import palette

DOTS_PER_INCH = 160
"""Of a PNG: 1,600 pixels wide, sharp where it is shown at half of that."""


def chart(
    history: History,
    target_value: float | None = None,
    *,
    importance: Sequence[Importance] = (),
    lanes: Mapping[str, int] = MappingProxyType({}),
    form: str = "svg",
    dark: bool | None = None,
) -> bytes:
    """A dot for each experiment, the best so far as a line, the kept ideas by name.

    `importance` is that of parameters, the first the most; `lanes` has the lane of each session
    that worked in one. `form` is `svg` or `png`. `dark` says which colours; None lets an SVG
    follow its viewer, and a PNG be light. An SVG has no scripts, links or fonts of its own;
    text in it is text.
    """
    colours = palette.DARK if dark else palette.LIGHT
    out = io.BytesIO()
    with styled(colours):
        from autoresearch_ci.reports.chart.drawing import draw  # noqa: PLC0415 - heavy

        figure = draw(history, target_value, colours, importance, lanes)
        if form == "png":
            figure.savefig(out, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None})
            return out.getvalue()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    picture = _MARKS.sub(_shared, out.getvalue().decode())
    if dark is None:
        picture = picture.replace("</style>", f"{palette.follow()}</style>", 1)
    return picture.encode()


_MARK = r' *<use [^>]*?style="{}"/>\n'
_MARKS = re.compile(_MARK.format('(?P<style>[^"]*)') + f"(?:{_MARK.format('(?P=style)')})+")
_PLACE = re.compile(r' ([xy]="-?[0-9]+\.[0-9])[0-9]*"')


def _shared(marks: re.Match[str]) -> str:
    """The same marks, half as long: one style for all of them, and places to a tenth of a point."""
    style = f' style="{marks["style"]}"'
    lines = _PLACE.sub(r' \1"', marks[0].replace(style, "").replace("  ", ""))
    return f"<g{style}>\n{lines}</g>\n"


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
