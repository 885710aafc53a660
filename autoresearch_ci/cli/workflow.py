"""The workflows that `init --github` writes: templates, and what can differ in them."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from string import Template

from autoresearch_ci.config.lanes import count
from autoresearch_ci.config.values import BadValue
from autoresearch_ci.core.checkout import CHECKOUT
from autoresearch_ci.core.errors import SettingsError
from autoresearch_ci.providers import PROVIDERS

PATH = ".github/workflows/autoresearch.yml"
LANES_PATH = ".github/workflows/autoresearch-lanes.yml"
"""The workflow that this one calls where a session has several lanes: a job of its own would not
keep the next session waiting until the last of them has ended."""

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
_SECRETS = "".join(f"      {row.key}: ${{{{ secrets.{row.key} }}}}\n" for row in PROVIDERS.values())
_DECLARED = "".join(f"      {row.key}:\n        required: false\n" for row in PROVIDERS.values())
_CHECKOUT = f"""\
      - name: Check out
        uses: {CHECKOUT}
        with:
          fetch-depth: 0 # a campaign is two branches
          persist-credentials: false
"""
_GIVEN = "".join(
    f"          {name}: ${{{{ inputs.{name} }}}}\n"
    for name in ("target_file", "goal", "max_experiments", "time_limit")
)
_OF_A_DISPATCH = """\
      lanes:
        description: How many lanes work at once, each on a runner of its own
        default: "{count}"
"""
_EXPERIMENTS = 10
"""Of one lane, where nobody says how many."""

_ACTION = re.compile(r"[\w.-]+/[\w.-]+@[\w./-]+")
_LABELS = re.compile(r"[\w.-]+(,[\w.-]+)*")
_IMAGE = re.compile(r"[\w.-]+(:\d+)?(/[\w.-]+)*(:[\w.-]+)?(@sha256:[0-9a-f]{64})?")


class _Text(Template):
    delimiter = "%"  # the dollar is the workflow's own


@dataclass(frozen=True, slots=True)
class Choices:
    """The place where the loop runs, the Action it uses, and how many lanes there are at once.

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
    lanes: int = 1


def texts(choices: Choices) -> dict[str, str]:
    """Each workflow by its path: one, or with lanes a second that it calls."""
    texts = {PATH: _filled("autoresearch.yml", choices)}
    if choices.pages:
        texts[PATH] += pages(choices.action)
    if choices.lanes > 1:
        texts[LANES_PATH] = _filled("autoresearch-lanes.yml", choices)
    return texts


def _filled(name: str, choices: Choices) -> str:
    """The template of this name with the choices in it."""
    labels = choices.runner.split(",")
    runner = labels[0] if len(labels) == 1 else f"[{', '.join(labels)}]"
    container = _CONTAINER.format(image=choices.container) if choices.container else ""
    note = _NOTES.get(choices.action, "")
    form = choices.action if choices.docker else on_the_machine(choices.action)
    words = {
        "action": form + note,
        "runner": runner,
        "container": container,
        "setup": "" if choices.docker or choices.container else choices.setup,
        "keys": _KEYS,
        "secrets": _SECRETS,
        "declared": _DECLARED,
        "checkout": _CHECKOUT,
        "given": _GIVEN,
        "count": str(choices.lanes),
        "most": str(_EXPERIMENTS * choices.lanes),
        "lanes_path": LANES_PATH,
        "lanes": _OF_A_DISPATCH.format(count=choices.lanes) if choices.lanes > 1 else "",
    }
    sessions = "lanes-call.yml" if choices.lanes > 1 else "session.yml"
    words["sessions"] = _Text(_template(sessions)).substitute(words)
    return _Text(_template(name)).substitute(words)


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


def place(root: Path, workflows: Mapping[str, str], *, force: bool) -> list[str]:
    """Write the workflows by their paths, and say so. Nothing that somebody else wrote is lost.

    Raises SettingsError where one of them is there already and `force` is not given; then none is
    written.
    """
    there = {name: _there(root / name) for name in workflows}
    for name, text in workflows.items():
        if there[name] not in (b"", text.encode()):
            _make_way(root / name, there[name], name, force=force)
    return [_placed(root / name, there[name], name, text) for name, text in workflows.items()]


def _there(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


def _kept(path: Path) -> Path:
    """The place beside it for what is there."""
    return path.with_name(path.name + ".old")


def _make_way(path: Path, before: bytes, name: str, *, force: bool) -> None:
    """Make sure that what is there may be put beside it."""
    old = _kept(path)
    if not force:
        raise SettingsError(
            f"{name} is there already.",
            remedy="Edit it there, or let `autoresearch-ci init --github --force` write it "
            f"anew; what it says now is then kept in {old.name} beside it. "
            "`--dry-run` prints the new one.",
        )
    if old.exists() and old.read_bytes() != before:
        raise SettingsError(
            f"{old.name} beside it is there already, from another time.",
            remedy=f"Remove {name}.old if nobody needs it, then run this again.",
        )


def _placed(path: Path, before: bytes, name: str, text: str) -> str:
    """Write it, and what was there beside it; say so."""
    if before == text.encode():
        return f"{name} is there and says just that."
    if before:
        _kept(path).write_bytes(before)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    kept = f" What was there is in {_kept(path).name} beside it." if before else ""
    return f"Written to {name}.{kept}"


def next_steps(choices: Choices) -> str:
    """List what is left to do on GitHub."""
    keys = " or ".join(row.key for row in PROVIDERS.values())
    source = "- Pages, beside Actions: GitHub Actions is the source.\n" if choices.pages else ""
    todo = "Fill in what says TODO, look it over" if choices.action == UNKNOWN else "Look it over"
    return (
        f"{todo} and commit it to the default branch, where\n"
        "schedules and comments find it. In the repository's settings, under Actions:\n"
        "- General: let GitHub Actions create pull requests, if `/autoresearch pr` is to work.\n"
        "- Policies: where they limit what starts a workflow, allow issue_comment, schedule and\n"
        "  workflow_dispatch.\n"
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


def lanes(given: str) -> int:
    """A number of lanes."""
    try:
        return count(given)
    except BadValue as bad:
        raise ArgumentTypeError(f"{bad} {bad.remedy}") from None


def image(given: str) -> str:
    """The name of a container's image."""
    if not _IMAGE.fullmatch(given):
        raise ArgumentTypeError(f"{given!r} is no image such as python:3.13")
    return given
