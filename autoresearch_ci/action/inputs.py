"""The Action's inputs: one table, from which the documentation and the overrides come.

`action.yml` and `process/action.yml` repeat it in their own form; a test holds them
equal. What is no input is a setting of `.github/autoresearch.yml`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from autoresearch_ci.config import lanes
from autoresearch_ci.config.settings import PROPOSERS
from autoresearch_ci.config.values import BadValue
from autoresearch_ci.core.errors import SettingsError
from autoresearch_ci.core.model import Lane
from autoresearch_ci.providers import PROVIDERS

PREFIX = "INPUT_"

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Input:
    """One input. `setting` is the setting of that name; the others say what they are for."""

    description: str
    default: str = ""
    setting: bool = True


INPUTS = {
    "target_file": Input("The single file to modify. Empty: detected."),
    "editable_files": Input("Comma-separated files or globs that may change with it."),
    "run_command": Input("Shell command that runs one experiment. Empty: by project type."),
    "metric_name": Input("The metric's name, a single word. Empty: by project type."),
    "metric_parse": Input(
        "Shell command that prints the metric's value from run.log. Empty: by project type."
    ),
    "metric_direction": Input("lower_is_better or higher_is_better. Empty: lower_is_better."),
    "time_budget": Input("How long an experiment is meant to take, as 300 or 5m."),
    "setup_command": Input("Runs once per session, before the first experiment."),
    "guard_command": Input("Must exit with 0 before a change is kept."),
    "constraints": Input(
        "Comma-separated bounds on other numbers of a run that a keep must meet, as tests >= 100."
    ),
    "readonly_files": Input("Comma-separated files or globs that must not change."),
    "max_experiments": Input("Stop after so many experiments.", default="10"),
    "time_limit": Input("Stop the session after this long, as 300m or 5h.", default="300m"),
    "image": Input("The image that containers of runs are made from. Empty: by project type."),
    "network": Input("The network of runs: host or none."),
    "patience": Input("Stop after so many experiments in a row without a keep."),
    "target_value": Input("Stop when the metric is as good as this."),
    "goal": Input("What the research is to reach, in a sentence for a model or an agent."),
    "tag": Input("The campaign. Empty: the newest unfinished one, else a new one."),
    "proposer": Input(f"Who has the ideas: {', '.join(PROPOSERS[:-1])} or {PROPOSERS[-1]}."),
    "model": Input("The model that is asked."),
    "max_tokens": Input("Most tokens that the session may use."),
    "max_cost_usd": Input(
        "Most US dollars that the session may spend on a model. Needs price_in and price_out in "
        ".github/autoresearch.yml."
    ),
    **{
        f"{name}_api_key": Input(f"Key of {row.api}, from a secret.", setting=False)
        for name, row in PROVIDERS.items()
    },
    "new_campaign": Input(
        "true begins a new campaign even if one is unfinished.", default="false", setting=False
    ),
    "dry_run": Input(
        "true shows the settings, the baseline and what would be tried, and makes no experiment.",
        default="false",
        setting=False,
    ),
    "open_pr": Input(
        "true offers an improvement by one draft pull request.", default="false", setting=False
    ),
    "continue_mode": Input(
        "dispatch starts the next run when time_limit or max_experiments ended this one; else off.",
        default="off",
        setting=False,
    ),
    "hold_sessions": Input(
        "false hands a session on to another job, by the output handed_on.",
        default="true",
        setting=False,
    ),
    "mode": Input(
        "loop holds sessions; begin and combine are what comes before and after several lanes; "
        "compare says whether a pull request or a push made it better or worse.",
        default="loop",
        setting=False,
    ),
    "lanes": Input("In mode begin: how many lanes are to work at once.", setting=False),
    "lane": Input(
        "The lane that this job works as, such as 3/8, after mode begin on the same tag.",
        setting=False,
    ),
    "fail_on": Input(
        "In mode compare: worse fails the job where the change is worse by more than noise; never.",
        default="never",
        setting=False,
    ),
    "github_token": Input(
        "Token that pushes the branches and shows the check runs. Empty: nothing leaves the job.",
        default="${{ github.token }}",
        setting=False,
    ),
}
KEY_INPUTS = {f"{name}_api_key": row.key for name, row in PROVIDERS.items()}
"""The inputs that hold a key, and the variable that each becomes."""
MOST = 25
"""Inputs that a dispatch can hand on, and so a workflow can offer; no key is among them."""

OF_THE_WORKFLOW = frozenset(
    (
        *("image", "network", "setup_command", "hold_sessions", "mode", "lane", "fail_on"),
        "github_token",
    )
)
"""Inputs that say what a job is and what it is for: a dispatch hands on none of them."""

_OF_THE_RUNNER = ("entrypoint", "args")  # it takes these `with` keys of a Docker action itself
_TRUTHS = {"true": True, "false": False, "": False}
_UNLESS_NOT = {"true": True, "": True, "false": False}
_MODES = {"dispatch": True, "off": False, "": False}
_FAILURES = {"worse": True, "never": False, "": False}


class Mode(StrEnum):
    """The part that a job has in a workflow."""

    LOOP = "loop"
    BEGIN = "begin"
    COMBINE = "combine"
    COMPARE = "compare"


@dataclass(frozen=True, slots=True)
class Given:
    """The inputs of a workflow: settings, keys by the name of their variable, and the rest.

    `token` is the forge's; without one nothing is shared. `goes_on` says that the next run
    is to be started where a limit of this one ended it, `here` that sessions are held in
    this job; a `dry` one makes no experiment. In the mode compare it `fails` where the new version
    is worse. `lanes` are to follow the mode begin; the job is one of them where it has a `lane`.
    """

    overrides: Mapping[str, str]
    keys: Mapping[str, str] = field(repr=False)
    new_campaign: bool
    token: str = field(default="", repr=False)
    dry: bool = False
    open_pr: bool = False
    goes_on: bool = False
    here: bool = True
    mode: Mode = Mode.LOOP
    lanes: int = 1
    lane: Lane | None = None
    fails: bool = False


def given(variables: Mapping[str, str]) -> Given:
    """Read the inputs as the runner hands them over, in `INPUT_*` variables.

    An empty one was not given. Raises SettingsError for a variable that is no input.
    """
    texts = {}
    for variable, text in sorted(variables.items()):
        name = variable.removeprefix(PREFIX).lower()
        if variable == name or not variable.startswith(PREFIX):
            continue
        if name not in INPUTS:
            if text.strip() and name not in _OF_THE_RUNNER:
                raise SettingsError(
                    f"There is no input {name!r}.",
                    remedy=f"The inputs are: {', '.join(INPUTS)}. Other settings go into "
                    ".github/autoresearch.yml.",
                )
            continue
        if text.strip():
            texts[name] = text.strip()
    mode, lane = _mode(texts.get("mode", "")), texts.get("lane")
    if lane and mode is not Mode.LOOP:
        raise SettingsError(
            f"A job with the input lane is a lane, and not for mode {mode}.",
            remedy="Give the one or the other: mode begin comes in a job before the lanes, and "
            "mode combine in one after them.",
        )
    return Given(
        overrides={name: text for name, text in texts.items() if INPUTS[name].setting},
        keys={KEY_INPUTS[name]: text for name, text in texts.items() if name in KEY_INPUTS},
        new_campaign=_one_of(_TRUTHS, texts, "new_campaign"),
        token=texts.get("github_token", ""),
        dry=_one_of(_TRUTHS, texts, "dry_run"),
        open_pr=_one_of(_TRUTHS, texts, "open_pr"),
        goes_on=_one_of(_MODES, texts, "continue_mode"),
        here=_one_of(_UNLESS_NOT, texts, "hold_sessions"),
        mode=mode,
        lanes=_read(lanes.count, "lanes", texts.get("lanes", "1")),
        lane=_read(lanes.lane, "lane", lane) if lane else None,
        fails=_one_of(_FAILURES, texts, "fail_on"),
    )


def _read(read: Callable[[object], _T], name: str, written: str) -> _T:
    """Read what an input holds; SettingsError for a bad value."""
    try:
        return read(written)
    except BadValue as bad:
        raise SettingsError(f"The input {name}: {bad}", remedy=bad.remedy) from None


def _mode(written: str) -> Mode:
    try:
        return Mode(written.lower() or Mode.LOOP)
    except ValueError:
        raise SettingsError(
            f"The input mode is {written!r}.", remedy=f"Write {', '.join(Mode)}."
        ) from None


def _one_of(meanings: Mapping[str, bool], texts: Mapping[str, str], name: str) -> bool:
    """Read a word for yes or no; SettingsError for any other word."""
    word = texts.get(name, "").lower()
    if word not in meanings:
        yes, no = filter(None, meanings)
        raise SettingsError(f"The input {name} is {word!r}.", remedy=f"Write {yes} or {no}.")
    return meanings[word]


def table() -> str:
    """Return a Markdown table of every input."""
    rows = ["| input | meaning | default |", "|---|---|---|"]
    for name, each in INPUTS.items():
        default = f"`{each.default}`" if each.default else ""
        rows.append(f"| `{name}` | {each.description.replace('|', chr(92) + '|')} | {default} |")
    return "\n".join(rows)
