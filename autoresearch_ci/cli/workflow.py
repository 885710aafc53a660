"""The workflow that `init --github` writes: a template, and what can differ in it."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from string import Template

from autoresearch_ci.core.errors import SettingsError
from autoresearch_ci.providers import PROVIDERS

PATH = ".github/workflows/autoresearch.yml"
UNKNOWN = "OWNER/autoresearch-ci@COMMIT"
HERE = "./"
"""The Action of the repository itself, as its own workflow uses it."""

_NOTES = {
    UNKNOWN: " # TODO whose, and which commit",
    HERE: " # zizmor: ignore[self-repository] $/ is not everywhere yet",
}
_CONTAINER = """\
    container:
      image: {image}
      options: --gpus all # leave this line out where there are none, and in Kubernetes
"""
_KEYS = "".join(
    f"          {name}_api_key: ${{{{ secrets.{row.key} }}}}\n" for name, row in PROVIDERS.items()
)
_ACTION = re.compile(r"[\w.-]+/[\w.-]+@[\w./-]+")
_LABELS = re.compile(r"[\w.-]+(,[\w.-]+)*")
_IMAGE = re.compile(r"[\w.-]+(:\d+)?(/[\w.-]+)*(:[\w.-]+)?(@sha256:[0-9a-f]{64})?")


class _Text(Template):
    delimiter = "%"  # the dollar is the workflow's own


@dataclass(frozen=True, slots=True)
class Choices:
    """The place where the loop runs, and the Action it uses.

    `runner` is one or more labels with commas between them. The loop runs on that machine itself,
    after the steps in `setup` (`cli.workflow_steps`); in a job container of the image `container`;
    or, with `docker`, in the Action's own container. With `pages` the campaign's page is published.
    """

    action: str = UNKNOWN
    runner: str = "ubuntu-latest"
    container: str = ""
    docker: bool = False
    setup: str = ""
    pages: bool = False


def text(choices: Choices) -> str:
    """The workflow."""
    labels = choices.runner.split(",")
    runner = labels[0] if len(labels) == 1 else f"[{', '.join(labels)}]"
    container = _CONTAINER.format(image=choices.container) if choices.container else ""
    note = _NOTES.get(choices.action, "")
    form = choices.action if choices.docker else on_the_machine(choices.action)
    whole = _Text(_template("autoresearch.yml")).substitute(
        action=form + note,
        runner=runner,
        container=container,
        setup="" if choices.docker or choices.container else choices.setup,
        keys=_KEYS,
    )
    return whole + (pages(choices.action) if choices.pages else "")


def pages(action: str) -> str:
    """The jobs that publish the page, by the very version of the program that the loop has."""
    repository, _, commit = action.partition("@")
    spec = "." if action == HERE else f"git+$GITHUB_SERVER_URL/{repository}@{commit}"
    return _Text(_template("pages.yml")).substitute(spec=spec)


def _template(name: str) -> str:
    return files("autoresearch_ci").joinpath("templates", name).read_text(encoding="utf-8")


def on_the_machine(action: str) -> str:
    """The same Action in the form that runs where the job runs."""
    if action == HERE:
        return f"{HERE}process"
    repository, _, ref = action.partition("@")
    return f"{repository}/process@{ref}"


def place(root: Path, workflow: str, *, force: bool) -> str:
    """Write the workflow, and say so. Nothing that somebody else wrote there is lost.

    Raises SettingsError where there is a workflow already and `force` is not given.
    """
    path = root / PATH
    before = path.read_bytes() if path.exists() else b""
    if before == workflow.encode():
        return f"{PATH} is there and says just that."
    kept = ""
    if before:
        old = path.with_name(path.name + ".old")
        if not force:
            raise SettingsError(
                f"{PATH} is there already.",
                remedy="Edit it there, or let `autoresearch-ci init --github --force` write it "
                f"anew; what it says now is then kept in {old.name} beside it. "
                "`--dry-run` prints the new one.",
            )
        if old.exists() and old.read_bytes() != before:
            raise SettingsError(
                f"{old.name} beside it is there already, from another time.",
                remedy=f"Remove {old.relative_to(root)} if nobody needs it, then run this again.",
            )
        old.write_bytes(before)
        kept = f" What was there is in {old.name} beside it."
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(workflow, encoding="utf-8", newline="\n")
    return f"Written to {PATH}.{kept}"


def next_steps(choices: Choices) -> str:
    """List what is left to do on GitHub."""
    keys = " or ".join(row.key for row in PROVIDERS.values())
    source = "- Pages, beside Actions: GitHub Actions is the source.\n" if choices.pages else ""
    todo = "Fill in what says TODO, look it over" if choices.action == UNKNOWN else "Look it over"
    return (
        f"{todo} and commit it to the default branch, where\n"
        "schedules and comments find it. In the repository's settings, under Actions:\n"
        "- General: let GitHub Actions create pull requests, if `/autoresearch pr` is to work.\n"
        f"- Secrets and variables: {keys}, for the ideas of a model.\n{source}"
        "Then run it from the Actions tab, or comment `/autoresearch help` on an issue."
    )


def action(given: str) -> str:
    """`OWNER/autoresearch-ci@COMMIT`, or `./` in the Action's own repository."""
    if given != HERE and not _ACTION.fullmatch(given):
        raise ArgumentTypeError(f"{given!r} is no action such as {UNKNOWN}")
    return given


def runner(given: str) -> str:
    """Labels of a runner, with commas between them."""
    if not _LABELS.fullmatch(given):
        raise ArgumentTypeError(f"{given!r} is no runner's label such as self-hosted,gpu")
    return given


def image(given: str) -> str:
    """The name of a container's image."""
    if not _IMAGE.fullmatch(given):
        raise ArgumentTypeError(f"{given!r} is no image such as python:3.13")
    return given
