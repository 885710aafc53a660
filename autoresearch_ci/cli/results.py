"""`results`: what a campaign has found, from its log alone."""

from __future__ import annotations

import gc
import json
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from autoresearch_ci.cli import importance
from autoresearch_ci.cli.parser import Parser, positive
from autoresearch_ci.core.errors import LedgerError, MachineError
from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import Experiment, Status
from autoresearch_ci.core.text import clean
from autoresearch_ci.reports.formats import FORMATS, Report, data, render
from autoresearch_ci.reports.formats.table import nothing_yet
from autoresearch_ci.reports.one import shown
from autoresearch_ci.reports.terminal import Paint, has_colour, window

if TYPE_CHECKING:
    from autoresearch_ci.campaign.select import CampaignView

TABLE = next(iter(FORMATS))


def add_arguments(parser: ArgumentParser) -> None:
    """Take which experiments to show, and in which form."""
    parser.epilog = "--json gives JSON Lines: an object an experiment, and nothing without any."
    parser.add_argument(
        "what", nargs="*", metavar="show N",
        help="one experiment, kept or not: numbers, runs, the change, the end of its log",
    )  # fmt: skip
    parser.add_argument("--tag", help="the campaign (default: the one worked on last)")
    parser.add_argument(
        "--log", type=Path, metavar="FILE",
        help="the log of another tool, which is only read: autoresearch.jsonl, results.tsv "
        "(default, where there is no campaign: the one that is there)",
    )  # fmt: skip
    parser.add_argument(
        "--status", type=_statuses, action="extend", metavar="STATUS",
        help="only these verdicts: keep, discard, crash; more than one with commas",
    )  # fmt: skip
    parser.add_argument(
        "--last", type=positive, metavar="N", help="only the last N of what is left"
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--format", choices=FORMATS, metavar="NAME",
        help="; ".join(f"{name}: {each.help}" for name, each in FORMATS.items()),
    )  # fmt: skip
    how.add_argument(
        "--tsv", action="store_const", const="tsv", dest="format", help="the same as --format tsv"
    )
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="write it there instead of to standard output"
    )
    parser.add_argument(
        "--theme", choices=("light", "dark"),
        help="colours of a picture or page (default: the viewer's; a png's are light)",
    )  # fmt: skip
    how.add_argument(
        "--importance", action="store_true", help="what the metric has depended on, by parameter"
    )
    how.add_argument("--watch", action="store_true", help="show it again as it grows, until Ctrl-C")


def _statuses(text: str) -> list[Status]:
    words = [word.strip().lower() for word in text.split(",") if word.strip()]
    for word in words:
        if word not in set(Status):
            raise ArgumentTypeError(f"{word!r} is not a verdict: keep, discard or crash")
    return [Status(word) for word in words]


def main(arguments: Namespace) -> int:
    """Show them; an empty answer is an answer."""
    form = _form(arguments)
    if arguments.importance:
        importance.check(arguments)
        importance.show(arguments.repo, look(arguments.repo, arguments.tag))
        return 0
    if arguments.what:
        return _one(arguments, form)
    if arguments.watch:
        _watch(arguments)
    # A long log makes many objects and no garbage: looking for some takes a third of the time.
    gc.disable()
    view = shown_campaign(arguments)
    rows = chosen(view.history, arguments.status, arguments.last)
    found = report(view, rows, arguments)
    _write(form, found, arguments.output)
    if form != TABLE and not view.history.experiments:
        print(*nothing_yet(found), sep="\n", file=sys.stderr)
    return 0


def _watch(arguments: Namespace) -> None:
    from autoresearch_ci.cli.watch import watch  # noqa: PLC0415 - only who watches needs it

    def lines(view: CampaignView, last: int | None) -> list[str]:
        rows = chosen(view.history, arguments.status, last or arguments.last)
        return list(render(TABLE, report(view, rows, arguments)))

    watch(lambda: shown_campaign(arguments), lines, arguments)


def _one(arguments: Namespace, form: str) -> int:
    """Show one experiment: kept or not. Raises LedgerError where there is none of this number."""
    number = _number(arguments, form)
    view = shown_campaign(arguments)
    if number >= view.history.next_number:
        last = view.history.next_number - 1
        raise LedgerError(
            f"Campaign {clean(view.tag)} has no experiment {number}.",
            remedy=f"Give a number from 0 to {last}." if last >= 0 else "It has none at all yet.",
        )
    experiment = view.history.experiments[number]
    found = report(view, [experiment], arguments)
    if form == "jsonl":
        texts = {name: found.recall(number, name) for name in ("patch", "log")}
        print(json.dumps(found.encode(experiment) | texts, ensure_ascii=False))
        return 0
    paint = Paint(colour=has_colour(sys.stdout))
    for line in shown(experiment, view.history, found.recall, paint, window(sys.stdout)):
        print(line)
    return 0


def _number(arguments: Namespace, form: str) -> int:
    parser = Parser(prog="autoresearch-ci results")
    if arguments.what[0] != "show" or len(arguments.what) != 2:  # noqa: PLR2004 - show N
        parser.error(f"{' '.join(arguments.what)!r} is not known; one experiment is: show N.")
    if not arguments.what[1].isdecimal():
        parser.error(f"{arguments.what[1]!r} is not the number of an experiment: 0, 1, ...")
    taken = arguments.watch or arguments.status or arguments.last or arguments.output
    if taken or form not in {TABLE, "jsonl"}:
        parser.error("show N takes no other form than --json, and no selection.")
    return int(arguments.what[1])


def _write(form: str, found: Report, output: Path | None) -> None:
    """Hand it out: to a file, else to standard output."""
    if output is not None:
        try:
            output.write_bytes(data(form, found))
        except OSError as error:
            raise MachineError(
                f"{output} cannot be written: {error.strerror}.",
                remedy="Give --output a file in a folder that is there and yours.",
            ) from error
    elif FORMATS[form].binary:
        sys.stdout.flush()
        sys.stdout.buffer.write(data(form, found))
    else:
        sys.stdout.writelines(f"{line}\n" for line in render(form, found))


def _form(arguments: Namespace) -> str:
    """The name of the format that was asked for; a combination without a meaning is an error."""
    parser = Parser(prog="autoresearch-ci results")
    if arguments.json and (arguments.watch or arguments.format):
        parser.error(
            "--json, --format (or --tsv) and --watch are three different forms; give one of them."
        )
    if arguments.log and (arguments.tag or arguments.importance):
        parser.error("--log is another tool's: leave out --tag and --importance.")
    form = "jsonl" if arguments.json else arguments.format or TABLE
    if FORMATS[form].binary and not arguments.output and sys.stdout.isatty():
        parser.error(f"--format {form} is no text; give --output FILE as well.")
    if arguments.theme and not FORMATS[form].themed:
        themed = ", ".join(name for name, each in FORMATS.items() if each.themed)
        parser.error(f"--theme is for what has colours of its own, --format {themed}.")
    if arguments.watch and arguments.output:
        parser.error("--watch shows it here; leave out --output.")
    if FORMATS[form].whole and (arguments.status or arguments.last):
        parser.error(
            f"--format {form} shows the whole campaign; leave out --status and --last, or take "
            "another format."
        )
    return form


def report(
    view: CampaignView, rows: Sequence[Experiment], arguments: Namespace | None = None
) -> Report:
    """The campaign as formats take it."""
    from autoresearch_ci.campaign import ledger  # noqa: PLC0415 - after the usage is checked
    from autoresearch_ci.campaign.select import archive_of, every  # noqa: PLC0415
    from autoresearch_ci.workspace import Workspace  # noqa: PLC0415

    made = Report(
        tag=view.tag,
        history=view.history,
        rows=rows,
        sessions=view.sessions,
        running=view.running,
        under_way=view.under_way,
        encode=ledger.encode,
        tsv=ledger.table,
    )
    if arguments is None:
        return made
    archive = cache(lambda: archive_of(Workspace.open(arguments.repo), view.tag))

    def recall(number: int, suffix: str) -> str:
        return archive()(number, suffix)

    return replace(
        made,
        quiet=arguments.quiet,
        dark=arguments.theme == "dark" if arguments.theme else None,
        recall=recall,
        others=lambda: every(Workspace.open(arguments.repo)),
        importance=cache(lambda: importance.of_campaign(arguments.repo, view) or ()),
    )


def chosen(
    history: History, statuses: Sequence[Status] | None, last: int | None
) -> Sequence[Experiment]:
    """The experiments with one of these verdicts, the last so many of them."""
    rows = history.experiments
    if statuses:
        rows = [experiment for experiment in rows if experiment.status in statuses]
    return rows[-last:] if last else rows


def shown_campaign(arguments: Namespace) -> CampaignView:
    """Find the campaign, or the log of another tool that is asked for or all that there is."""
    from autoresearch_ci.campaign import other_tools  # noqa: PLC0415 - after the usage is checked
    from autoresearch_ci.cli.paths import repository_root  # noqa: PLC0415

    path = arguments.log
    if path is None:
        try:
            return look(arguments.repo, arguments.tag)
        except LedgerError:
            path = other_tools.found(repository_root(arguments.repo))
            if path is None or arguments.tag:
                raise
    view, told = other_tools.view(path)
    if not arguments.quiet and not arguments.watch:
        print(f"note: {clean(told)}", file=sys.stderr)
    return view


def look(repo: Path, tag: str | None) -> CampaignView:
    """The campaign as its log has it; raises LedgerError where there is none."""
    from autoresearch_ci.campaign.select import view  # noqa: PLC0415 - after the usage is checked
    from autoresearch_ci.workspace import Workspace  # noqa: PLC0415

    return view(Workspace.open(repo), tag)
