"""`init`: the settings of this project, written where people and agents read them.

With `--github` it writes the workflow instead.
"""

from __future__ import annotations

import posixpath
import re
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autoresearch_ci.cli import init_choices, init_programme, workflow, workflow_steps
from autoresearch_ci.cli.parser import add_settings
from autoresearch_ci.cli.paths import folder_in, repository_root
from autoresearch_ci.core.errors import SettingsError, WorkspaceError

if TYPE_CHECKING:
    from autoresearch_ci.project_types import Detected, Project

FILES = ("CLAUDE.md", "AGENTS.md")

# For a project that is not known: an example of each value, and what to put there.
TEMPLATE = {
    "target_file": ("path/to/file", "the single file to modify"),
    "run_command": ("make run", "runs one experiment; what it prints goes to run.log"),
    "metric_name": ("score", "the metric's name, one word; a run prints `METRIC score=0.5`"),
    "metric_direction": ("lower_is_better", "or higher_is_better"),
}

_OF_THE_METRIC = ("min_delta", "artifacts")
"""Beside those whose name says so. An image is left to detection, so that it stays up to date."""

_UNLISTED = (
    "note: The Python files import what a runner does not have ({}), and nothing that pip reads\n"
    "names a package: list them in {}, then write the workflow anew with --force."
)

_ASKS_FOR = re.compile(r"\b[Ss]et (target_file|run_command)\b(?! to what starts)")
"""Notes on what a detection did not find, which is no news once the section has it."""

_HEADING = re.compile(r"^ {0,3}#{2,4}[ \t]+autoresearch\b", re.IGNORECASE | re.MULTILINE)


def add_arguments(parser: ArgumentParser) -> None:
    """Add what the section or the workflow is to say, and the flag to write it."""
    parser.usage = (
        f"{parser.prog} [--package NAME] [--metric NAME] [--dry-run] [--force]"
        " [--SETTING VALUE ...]\n"
        f"       {parser.prog} --github [--dry-run] [--force] [--action ACTION] [--runner LABEL]"
        " [--docker | --container IMAGE] [--lanes N] [--pages]"
    )
    parser.add_argument("--dry-run", action="store_true", help="print it, write nothing")
    parser.add_argument(
        "--package", metavar="NAME", help="the member of a workspace, by its name or folder"
    )
    parser.add_argument(
        "--metric", metavar="NAME",
        help="a benchmark or script that is here as the metric; without it they are named",
    )  # fmt: skip
    parser.add_argument(
        "--force", action="store_true",
        help="write anew what is there; the section's settings stay, a workflow is kept beside it",
    )  # fmt: skip
    github = parser.add_argument_group(f"instead of the section, {workflow.PATH}")
    github.add_argument(
        "--github", action="store_true", help="write the workflow for schedule, dispatch, comments"
    )
    github.add_argument(
        "--action", type=workflow.action, metavar="ACTION",
        help=f"whose Action it uses, and which commit of it ({workflow.UNKNOWN})",
    )  # fmt: skip
    github.add_argument(
        "--runner", type=workflow.runner, metavar="LABEL",
        help="where the loop runs: one or more labels with commas between (ubuntu-latest)",
    )  # fmt: skip
    form = github.add_mutually_exclusive_group()
    form.add_argument(
        "--docker", action="store_true",
        help="have the loop in the Action's own container, which has Python and git",
    )  # fmt: skip
    form.add_argument(
        "--container", type=workflow.image, metavar="IMAGE",
        help="have the loop in a job container with the machine's GPUs",
    )  # fmt: skip
    github.add_argument(
        "--pages", action="store_true",
        help="publish the page of the results on GitHub Pages after each session",
    )  # fmt: skip
    github.add_argument(
        "--lanes", type=workflow.lanes, metavar="N",
        help="have so many lanes work at once, each on a runner of its own",
    )  # fmt: skip
    add_settings(parser)


def main(arguments: Namespace) -> int:
    """Write the section, or the workflow."""
    names = ("action", "runner", "docker", "container", "lanes", "pages")
    chosen = {name: getattr(arguments, name) for name in names if getattr(arguments, name)}
    if arguments.github:
        return _workflow(arguments, chosen)
    if chosen:
        raise SettingsError(
            f"--{next(iter(chosen))} is for the workflow.", remedy="Add --github to write that."
        )
    return _section(arguments)


def _workflow(arguments: Namespace, chosen: Mapping[str, Any]) -> int:
    """Write the workflow."""
    if arguments.overrides:
        flag = next(iter(arguments.overrides)).replace("_", "-")
        raise SettingsError(
            f"--{flag} is for the section.",
            remedy="Leave it out here, and run `autoresearch-ci init` without --github for it.",
        )
    root = repository_root(arguments.repo)
    project, command = _project(root, folder_in(root, arguments.repo))
    choices = workflow.Choices(**chosen, setup=workflow_steps.steps(project, command))
    texts = workflow.texts(choices)
    if arguments.dry_run:
        sys.stdout.write("---\n".join(texts.values()))
        return 0
    for said in workflow.place(root, texts, force=arguments.force):
        print(said)
    if not arguments.quiet:
        print(workflow.next_steps(choices))
        missing = workflow_steps.unlisted(project, command)
        if missing and not (choices.docker or choices.container):
            print(_UNLISTED.format(", ".join(missing), project.at("requirements.txt")))
    return 0


def _project(root: Path, folder: str) -> tuple[Project, str]:
    """The folder of the target, and what runs it: as the section says, else as detected."""
    from autoresearch_ci import project_types  # noqa: PLC0415

    known = written(document(root))
    if not known.get("target_file") and (detected := project_types.here(root, folder)):
        known = {**detected.settings, **known}
    target = known.get("target_file")
    folder = posixpath.dirname(target) if target else folder
    return project_types.Project(root, folder), known.get("run_command", "")


def _section(arguments: Namespace) -> int:
    """Write the section, or take it back if it does not load."""
    from autoresearch_ci import config, project_types  # noqa: PLC0415 - pydantic takes its time
    from autoresearch_ci.config.missing import elsewhere  # noqa: PLC0415
    from autoresearch_ci.config.settings import REQUIRED  # noqa: PLC0415

    root = repository_root(arguments.repo)
    folder = folder_in(root, arguments.repo)
    path = document(root)
    given = {**written(path), **arguments.overrides}
    target = given.get("target_file")
    offers = init_choices.Offers(project_types.Project(root, folder))
    planned = project_types.programme(root, folder) is not None
    offers = offers.of(arguments.package, needed=not target and not planned)
    folder = offers.folder
    _same_project(root, folder, path.name, target, arguments.overrides)
    detected = project_types.around(root, target) if target else project_types.here(root, folder)
    programme = init_programme.read(root, folder, given)
    if programme:
        given = {**init_programme.stated(programme, detected), **given}
        detected, target = None, given.get("target_file")
    metric = {} if programme else offers.metric(arguments.metric, detected, given)
    given = {**metric, **given}
    found = () if detected or target or programme else project_types.candidates(root, folder)
    script = next((each for each in found if each.settings), None)
    known = _together(detected, given, path.name, set(arguments.overrides))
    if script:
        known = {**project_types.placed_settings(script.settings, folder), **known}
    complete = all(name in known for name in REQUIRED)
    if not target and not complete and (further := elsewhere(detected, found)):
        raise SettingsError(
            "There is nothing to improve in this folder itself.",
            remedy=f"{further} To write a section for this folder nevertheless, name the file: "
            "`autoresearch-ci init --target-file PATH`.",
        )
    section = section_of(known, complete=complete)
    if arguments.dry_run:
        sys.stdout.write(section)
        return 0
    before = path.read_bytes() if path.exists() else None
    path.write_bytes(placed(before or b"", section, path.name, force=arguments.force))
    try:
        if complete:
            config.load(root, {})
    except SettingsError:
        # What was given does not load: leave the file as it was and let the error say why.
        path.unlink() if before is None else path.write_bytes(before)
        raise
    if not arguments.quiet:
        print(section)
    kind = detected.name if detected else "ml" if script else None
    unstated = f"{programme.file} does not state everything" if programme else None
    print(_next(path.name, kind, unstated, complete=complete))
    likely = {} if detected or programme else project_types.likely(root, folder)
    remarks = [
        *_remarks(detected, known, likely, complete=complete),
        *(() if metric else offers.named()),
    ]
    said = init_programme.remarks(programme) if programme else remarks
    for line in () if arguments.quiet else (*said, *_unseen(root, path)):
        print(line)
    return 0


def _unseen(root: Path, path: Path) -> Iterator[str]:
    """A note where git ignores the file of the section, as many have it."""
    from autoresearch_ci.config.yaml_file import NAME  # noqa: PLC0415 - pydantic takes its time
    from autoresearch_ci.workspace import Workspace  # noqa: PLC0415 - GitPython does, too

    if not (root / ".gitignore").is_file():
        return
    try:
        ignored = Workspace.open(root).ignored(())
    except WorkspaceError:  # no repository yet
        return
    if path.name in ignored:
        yield (
            f"note: Git ignores {path.name}, so that no clone has these settings, nor a runner of "
            f"GitHub's: `git add --force {path.name}`, or write them to {NAME}."
        )


def _same_project(
    root: Path, folder: str, name: str, target: str | None, overrides: Mapping[str, object]
) -> None:
    """Refuse to write another folder's project anew from the folder of this one."""
    from autoresearch_ci import project_types  # noqa: PLC0415

    standing = project_types.here(root, folder) if folder else None
    if standing is None or target is None or "target_file" in overrides:
        return
    there = project_types.around(root, target)
    begin = ("run_command", "setup_command")
    if there and all(there.settings.get(key) == standing.settings.get(key) for key in begin):
        return
    raise SettingsError(
        f"The section in {name} is about {target}, which is not of the project in {folder}.",
        remedy=f"Remove that section from {name}, then run this again; or change there what is "
        "to be another.",
    )


def _together(
    detected: Detected | None, given: Mapping[str, str], name: str, flags: set[str]
) -> dict[str, str]:
    """Join what was detected and what was given; a command and its parse belong together."""
    from autoresearch_ci.config.origins import COMMAND_LINE, Origin  # noqa: PLC0415
    from autoresearch_ci.config.pairing import require_pair  # noqa: PLC0415

    if detected is None:
        return dict(given)
    metric = given.get("metric_name", detected.settings.get("metric_name"))
    same = metric == detected.settings.get("metric_name")
    found = {
        key: value
        for key, value in detected.settings.items()
        if key != "image" and (same or not (key.startswith("metric_") or key in _OF_THE_METRIC))
    }
    entries = {key: (value, Origin(f"detected: {detected.name}")) for key, value in found.items()}
    entries |= {
        key: (value, COMMAND_LINE if key in flags else Origin(name)) for key, value in given.items()
    }
    require_pair(entries, detected)
    return {**found, **given}


def _remarks(
    detected: Detected | None,
    known: Mapping[str, str],
    likely: Mapping[str, str],
    *,
    complete: bool,
) -> Iterator[str]:
    """Other files that could be the target, and what is missing."""
    if detected is None:
        if not complete and likely:
            command = likely.get("run_command")
            run = f", run_command `{command}`" if command else ""
            yield f"Perhaps: target_file {likely['target_file']}{run}."
        return
    if detected.others and known.get("target_file") == detected.settings.get("target_file"):
        yield f"Other targets: {', '.join(detected.others)}; choose one with --target-file."
    for note in detected.notes:
        if not (complete and _ASKS_FOR.search(note)):
            yield f"note: {note}"


def document(root: Path) -> Path:
    """The file that has the section, else the first there is, else CLAUDE.md."""
    there = [root / name for name in FILES if (root / name).is_file()]
    having = (path for path in there if _HEADING.search(path.read_text(errors="replace")))
    return next(having, there[0] if there else root / FILES[0])


def written(path: Path) -> dict[str, str]:
    """Read what the section that is there sets, without examples that were never filled in."""
    from autoresearch_ci.config import markdown  # noqa: PLC0415

    text = path.read_bytes().decode(errors="replace") if path.exists() else ""
    there = markdown.find(text.replace("\r\n", "\n").removeprefix("\ufeff"), path.name)
    if there is None:
        return {}
    found = {name: str(value or "") for name, (value, _) in there.entries().items()}
    examples = {name: value for name, (value, _) in TEMPLATE.items()}
    # Which earlier versions wrote as well.
    examples["time_budget"] = "300"
    examples["metric_parse"] = "grep '^score:' run.log | tail -1 | awk '{print $2}'"
    if found.get("target_file") != examples["target_file"]:
        return found
    return {name: value for name, value in found.items() if value != examples.get(name)}


def section_of(known: Mapping[str, str], *, complete: bool) -> str:
    """The section for what is known; the rest is there to be filled in."""
    from autoresearch_ci.config import Settings, section  # noqa: PLC0415

    examples = {} if complete else {name: value for name, (value, _) in TEMPLATE.items()}
    values = {**examples, **known}
    try:
        text = section({name: values[name] for name in Settings.model_fields if name in values})
    except ValueError as error:
        raise SettingsError(
            f"{error}.", remedy="Write it on one line; a longer script goes into a file of its own."
        ) from error
    if complete:
        return text
    lines = []
    for line in text.splitlines():
        name = line.removeprefix("- ").partition(":")[0]
        todo = name in TEMPLATE and name not in known
        lines.append(f"{line}  # TODO {TEMPLATE[name][1]}" if todo else line)
    return "\n".join(lines) + "\n"


def placed(before: bytes, section: str, name: str, *, force: bool) -> bytes:
    """The file with the section at its end, or in place of the one that is there.

    Everything else stays as it was, line ends included. Raises SettingsError
    where there is a section already and `force` is not given.
    """
    from autoresearch_ci.config import markdown  # noqa: PLC0415

    try:
        text = before.decode()
    except UnicodeDecodeError as error:
        raise SettingsError(
            f"{name} is not UTF-8 text.", remedy=f"Save {name} as UTF-8, then run init again."
        ) from error
    newline = "\r\n" if "\r\n" in text else "\n"
    text = text.replace("\r\n", "\n")
    there = markdown.find(text.removeprefix("\ufeff"), name)
    if there is None or there.is_prose:
        text = f"{text.rstrip()}\n\n{section}" if text.strip() else section
    elif not force:
        raise SettingsError(
            f"{name} has an autoresearch section already.",
            remedy="Edit it there, or let `autoresearch-ci init --force` replace it; "
            "`autoresearch-ci config` shows what it says.",
        )
    else:
        lines = text.split("\n")
        rest = "\n".join(lines[there.end - 1 :]).lstrip("\n")
        text = "\n".join([*lines[: there.start - 1], section]) + (f"\n{rest}" if rest else "")
    return text.replace("\n", newline).encode()


def _next(file: str, kind: str | None, unstated: str | None, *, complete: bool) -> str:
    if not complete:
        why = f"Not all of this {kind} project was found" if kind else "No known type of project"
        why = unstated or why
        return (
            f"Written to {file}. {why}: fill in what says TODO.\n"
            "Then `autoresearch-ci config` checks it, and `autoresearch-ci setup` tries it once."
        )
    what = f" for this {kind} project" if kind else ""
    return (
        f"Written to {file}{what}. Look it over and commit it; then\n"
        "`autoresearch-ci setup` measures the baseline and `autoresearch-ci run` begins.\n"
        "To have it run on GitHub too: `autoresearch-ci init --github`."
    )
