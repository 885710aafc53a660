"""Make the tables of README.md from results.json and real.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rules import RULES
from worlds import UNTUNED

HERE = Path(__file__).parent
AIMS = {
    "Gaussian": 0.7,
    "heavy-tailed": 1.0,
    "skewed": 0.7,
    "drift": 0.8,
    "steps": 0.8,
    "none": 1.0,
}
MOST_FALSE, MOST_OFF = 0.15, 0.1
Cells = dict[str, dict[str, dict[str, Any]]]


def main() -> None:
    readme = HERE / "README.md"
    text = readme.read_text(encoding="utf-8")
    results = json.loads((HERE / "results.json").read_text())
    text = put(text, "results", simulated(results["cells"]))
    text = put(text, "aims", aims(results["cells"]))
    text = put(text, "frontier", frontier(results["frontier"]))
    text = put(text, "leaps", leaps(json.loads((HERE / "leaps.json").read_text())))
    text = put(text, "real", real(json.loads((HERE / "real.json").read_text())))
    text = put(text, "confirmed", confirmed(json.loads((HERE / "confirmed.json").read_text())))
    readme.write_text(text, encoding="utf-8")


def put(text: str, name: str, table: str) -> str:
    """The text with the table between the marks of this name."""
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    start, stop = text.index(begin) + len(begin), text.index(end)
    return f"{text[:start]}\n{table}\n{text[stop:]}"


def simulated(cells: Cells) -> str:
    lines = [
        "| noise | rule | improvement | of one run's | keeps | false | claimed / true | runs |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for cell, found in cells.items():
        for rule in RULES:
            got, one = found[rule], found["one run"]
            share = f"{got['true'] / one['true']:.0%}" if one["true"] else ""
            claimed = "" if got["claimed"] is None else f"{got['claimed']:.2f}"
            bold = "**" if rule == "sequential" else ""
            name = f"{cell} (not tuned on)" if cell in UNTUNED else cell
            lines.append(
                f"| {name} | {bold}{rule}{bold} | {got['true']:.1f} | {share} | {got['keeps']:.1f} "
                f"| {bold}{got['false']:.0%}{bold} | {claimed} | {got['runs']:.0f} |"
            )
    return "\n".join(lines)


def leaps(data: dict[str, Any]) -> str:
    """What the judge makes of a machine that has just become another."""
    heights = data["null kept, machine faster"]
    lines = ["| leap | " + " | ".join(heights) + " |", "|---" * (len(heights) + 1) + "|"]
    for name, found in data.items():
        lines.append(f"| {name} | " + " | ".join(f"{found[at]:.0%}" for at in heights) + " |")
    return "\n".join(lines)


def confirmed(data: dict[str, Any]) -> str:
    """What `confirm` makes of the sequential judge's keeps."""
    lines = [
        f"{data['campaigns']} campaigns a cell.",
        "",
        (
            "| noise | keeps | false before | false after | real that hold | gain that holds "
            "| pairs a question |"
        ),
        "|---|---|---|---|---|---|---|",
    ]
    for cell, got in data["cells"].items():
        name = f"{cell} (not tuned on)" if cell in UNTUNED else cell
        lines.append(
            f"| {name} | {got['keeps']:.1f} | {got['false_before']:.0%} "
            f"| **{got['false_after']:.1%}** | {got['real_that_hold']:.0%} "
            f"| {got['improvement_that_holds']:.0%} | {got['pairs']:.1f} |"
        )
    return "\n".join(lines)


def aims(cells: Cells) -> str:
    """What the judge was to reach in each cell, as a share of the one-run rule's improvement."""
    lines = [
        "| noise | improvement: aim | measured | false: aim | measured | claimed: aim | measured |",
        "|---|---|---|---|---|---|---|",
    ]
    for cell, aim in AIMS.items():
        ours, one = cells[cell]["sequential"], cells[cell]["one run"]["true"]
        share = ours["true"] / one
        shown = f"{share:.0%}" if share >= aim else f"{share:.0%}, **not reached**"
        false = "" if ours["false"] <= MOST_FALSE else ", **not reached**"
        claimed = "" if abs(ours["claimed"] - 1) <= MOST_OFF else ", **not reached**"
        lines.append(
            f"| {cell} | {aim:.0%} | {shown} | at most 15% | {ours['false']:.0%}{false} "
            f"| 0.90 to 1.10 | {ours['claimed']:.2f}{claimed} |"
        )
    return "\n".join(lines)


def frontier(found: dict[str, Cells]) -> str:
    cells = list(next(iter(found.values())))
    lines = [
        f"| judge | {' | '.join(cells)} |",
        "|---" * (len(cells) + 1) + "|",
    ]
    for name, row in found.items():
        shares = (f"{each['share']:.0%}, {each['false']:.0%} false" for each in row.values())
        lines.append(f"| {name} | {' | '.join(shares)} |")
    return "\n".join(lines)


def real(found: dict[str, Any]) -> str:
    reasons = ", ".join(f"{count} {reason}" for reason, count in found["reasons"].items())
    return (
        f"{found['experiments']} experiments in {found['sessions']} sessions, "
        f"**{found['kept']} kept** ({reasons}); {found['candidate_runs']} runs of candidates. "
        f"Deciles of the run times: {', '.join(f'{each:.0f}' for each in found['ms'])} ms. "
        f"{found['machine']}, load {found['load']}."
    )


if __name__ == "__main__":
    main()
