"""`demo`: the whole thing at work on the bundled project, in a repository of its own."""

from __future__ import annotations

import shlex
import shutil
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from pathlib import Path

from autoresearch_ci.cli import results, session
from autoresearch_ci.cli.parser import positive
from autoresearch_ci.core.errors import MachineError, WorkspaceError
from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import Experiment
from autoresearch_ci.core.text import clean
from autoresearch_ci.reports.formats import render
from autoresearch_ci.reports.terminal import Paint, has_colour

EXPERIMENTS = 12

_PATCH_STYLES = {"+": "good", "-": "bad", "@": "dim"}


def add_arguments(parser: ArgumentParser) -> None:
    """Add the folder and the number of experiments."""
    parser.add_argument(
        "--dir", type=Path, metavar="PATH", help="where to put it (default: a temporary directory)"
    )
    parser.add_argument(
        "--experiments", type=positive, default=EXPERIMENTS, metavar="N",
        help=f"how many to run (default: {EXPERIMENTS})",
    )  # fmt: skip


def main(arguments: Namespace) -> int:
    """Copy the project, run the experiments, show what came of them."""
    from autoresearch_ci.workspace import create_repository  # noqa: PLC0415 - imports git

    place = copy(example(), arguments.dir)
    name_python(place / "CLAUDE.md")
    create_repository(place, "A small character model, trained within a time budget")
    if not arguments.quiet:
        people = sys.stderr if arguments.json else sys.stdout
        print(f"The demo is a repository in {place}; it stays there.\n", file=people, flush=True)
    overrides = {"proposer": "search", "max_experiments": str(arguments.experiments)}
    return session.hold(
        place,
        overrides,
        quiet=arguments.quiet,
        as_json=arguments.json,
        show_more=lambda: _show(place),
    )


def example() -> Path:
    """The bundled project: inside an installed package, beside it in a source checkout."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package, package.parent):
        if (folder / "examples" / "ml" / "train.py").is_file():
            return folder / "examples" / "ml"
    raise MachineError(
        "The demo's project is missing from this installation.",
        remedy="Install it again: pip install --force-reinstall autoresearch-ci",
    )


def copy(source: Path, wanted: Path | None) -> Path:
    """A copy of the project in `wanted`, which must be empty or new, else in a new directory."""
    place = Path(tempfile.mkdtemp(prefix="autoresearch-demo-")) if wanted is None else wanted
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise WorkspaceError(
            f"{place} is not an empty directory.",
            remedy="Give --dir a place that is empty or does not exist yet, or leave it out.",
        )
    shutil.copytree(
        source, place, dirs_exist_ok=True,
        ignore=shutil.ignore_patterns("__pycache__", "run.log", "results.tsv", ".claude", ".git"),
    )  # fmt: skip
    return place.resolve()


def name_python(document: Path) -> None:
    """Write the Python that has numpy into the document's commands, and let runs see it.

    `python3` on this machine's PATH may be another one, or none, also when the
    user goes on with the campaign later.
    """
    text = document.read_text(encoding="utf-8")
    named = text.replace("python3 ", f"{shlex.quote(sys.executable)} ")
    shown = ", ".join(dict.fromkeys((sys.prefix, sys.base_prefix)))
    listed = named.replace("\n- run_command:", f"\n- sandbox_read: `{shown}`\n- run_command:")
    document.write_text(listed, encoding="utf-8")


def best_step(history: History) -> Experiment | None:
    """The kept experiment that gained the most, None when only the baseline was kept."""

    def gain(experiment: Experiment) -> float:
        if experiment.value is None or experiment.prev is None:
            return 0.0
        return history.direction.gain(experiment.value, experiment.prev)

    return max(history.kept[1:], key=gain, default=None)


def _show(place: Path) -> None:
    """The table, then the kept change that gained the most."""
    from autoresearch_ci.campaign.archive import archived  # noqa: PLC0415
    from autoresearch_ci.workspace import Workspace  # noqa: PLC0415

    paint = Paint(colour=has_colour(sys.stdout))
    view = results.look(place, None)
    print("\nWhat it tried:\n")
    for line in render(results.TABLE, results.report(view, view.history.experiments)):
        print(line)
    best = best_step(view.history)
    if best is None:
        print("\nNothing was better than the baseline this time.")
        return
    print(f"\nThe kept change that gained the most, experiment {best.experiment}:\n")
    patch = Workspace.open(place).read_log(view.tag, archived(f"{best.experiment:04}.patch")) or b""
    for line in patch.decode(errors="replace").splitlines():
        print(paint(clean(line.expandtabs(4)), _PATCH_STYLES.get(line[:1], "")))
    print(f"\nLook at it yourself: git -C {shlex.quote(str(place))} show {best.commit[:7]}")
