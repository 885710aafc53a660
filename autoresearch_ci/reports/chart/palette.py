"""Colours of a chart, light and dark; the colour-blind tell them apart, and shapes do for all.

Those of the outcomes are of the set by Okabe and Ito (2008), darker on white.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from autoresearch_ci.reports.kinds import Kind


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours by what they are for; no two of one palette are the same."""

    paper: str
    ink: str
    quiet: str
    grid: str
    band: str
    keep: str
    discard: str
    refused: str
    crash: str

    def of(self, kind: Kind) -> str:
        """The colour of a kind of outcome."""
        return {
            Kind.KEPT: self.keep,
            Kind.DISCARDED: self.discard,
            Kind.REFUSED: self.refused,
            Kind.CRASHED: self.crash,
        }[kind]


LIGHT = Palette(
    paper="#ffffff",
    ink="#1f2328",
    quiet="#59636e",
    grid="#e1e5ea",
    band="#f3f5f8",
    keep="#00795c",
    discard="#8c959f",
    refused="#a5498d",
    crash="#c85200",
)
DARK = Palette(
    paper="#0d1117",
    ink="#e6edf3",
    quiet="#9198a1",
    grid="#262c34",
    band="#161b22",
    keep="#3ccfa0",
    discard="#767e88",
    refused="#e08fcb",
    crash="#ff9147",
)


def style(colours: Palette) -> dict[str, str]:
    """Matplotlib's own parts in these colours."""
    return {
        "figure.facecolor": colours.paper,
        "axes.facecolor": colours.paper,
        "savefig.facecolor": colours.paper,
        "text.color": colours.ink,
        "axes.labelcolor": colours.quiet,
        "axes.edgecolor": colours.quiet,
        "xtick.color": colours.quiet,
        "ytick.color": colours.quiet,
        "grid.color": colours.grid,
    }


def follow() -> str:
    """A style sheet with which a light SVG is dark where its viewer is."""
    rules = "".join(
        f'[style*="{what}: {getattr(LIGHT, each.name)}"]'
        f"{{{what}: {getattr(DARK, each.name)} !important}}"
        for each in fields(Palette)
        for what in ("fill", "stroke")
    )
    return f"@media (prefers-color-scheme: dark){{{rules}}}"
