"""Every setting: its type, its default and what it means.

The schema, the tables in the documentation and the errors are made from this class; a setting
exists when it is a field here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_validator,
)

from autoresearch_ci.config import consistency, values
from autoresearch_ci.config.field_types import (
    Amount,
    Constraints,
    Count,
    CountOrAuto,
    CountOrZero,
    Duration,
    Globs,
    Gpus,
    Line,
    Memory,
    Number,
    Paths,
    Script,
    Seconds,
    SmallestChange,
    TargetPath,
    Url,
    Variables,
    Word,
    any_of,
)
from autoresearch_ci.core.model import Direction, MinDelta
from autoresearch_ci.providers import PROVIDERS

# The names a user may choose from, here and nowhere else.
PROPOSERS = ("auto", "search", *PROVIDERS, "command")
Isolation = Literal["auto", "required", "overlay", "container", "copy"]
NetworkName = Literal["host", "none"]
DoctorMode = Literal["auto", "off", "report", "require"]
ProxyMode = Literal["auto", "off"]


@dataclass(frozen=True, slots=True)
class Shown:
    """The default as the tables show it, where the field's own default does not say it."""

    default: str


class Settings(BaseModel):
    """All settings of a session; frozen. Durations are in seconds, sizes in bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    target_file: Annotated[TargetPath, Shown("detected")] = Field(
        description="the single file to modify", examples=["train.py"]
    )
    editable_files: Globs = Field(
        (),
        description="comma-separated files, or globs that new files may match too, that may change "
        "with `target_file`",
        examples=["src/*.py, config.toml"],
    )
    run_command: Annotated[Script, Shown("by project type")] = Field(
        description="runs one experiment, output to `run.log`", examples=["python train.py"]
    )
    metric_name: Annotated[Word, Shown("by project type")] = Field(
        description="the metric's name, a single word", examples=["val_bpb"]
    )
    metric_parse: Annotated[Script | None, Shown("by project type, else none")] = Field(
        None,
        description="shell command that prints the metric's value, where it is not read from the "
        "output as `METRIC name=value`, `name: value` or JSON",
        examples=["grep '^val_bpb:' run.log | tail -1 | awk '{print $2}'"],
    )
    metric_direction: Annotated[
        Direction,
        BeforeValidator(values.direction),
        WithJsonSchema({"enum": [str(each) for each in Direction]}),
    ] = Field(Direction.LOWER, description="`lower_is_better` or `higher_is_better`")
    time_budget: Seconds = Field(
        300.0,
        description="how long an experiment is meant to take: seconds, or with a unit as `5m`; "
        "exported to it as `AUTORESEARCH_TIME_BUDGET`",
        examples=["300"],
    )
    kill_after: Annotated[Seconds, Shown("2 x `time_budget`")] = Field(
        default_factory=lambda done: 2 * done["time_budget"],
        description="time after which its whole process tree is killed: seconds, or with a unit; "
        "not less than `time_budget`. Where neither is set, a candidate ends at 20 times what "
        "the session began with takes, and not before 30 seconds",
        examples=["600"],
    )
    readonly_files: Globs = Field(
        (),
        description="comma-separated files or globs that must not change",
        examples=["prepare.py, data/*.csv"],
    )
    tag: Annotated[Line | None, Shown("newest unfinished, else today as `mar17`")] = Field(
        None, description="the campaign", examples=["mar17"]
    )
    setup_command: Annotated[Script | None, Shown("by project type")] = Field(
        None,
        description="runs once per session, with network (install dependencies)",
        examples=["npm ci"],
    )
    guard_command: Annotated[Script | None, Shown("by project type")] = Field(
        None, description="must exit 0 before a keep", examples=["npm test"]
    )
    guard_budget: Seconds = Field(
        300.0,
        description="time after which the guard is killed: seconds, or with a unit",
        examples=["300"],
    )
    artifacts: Annotated[Globs, Shown("by project type, else data")] = Field(
        (),
        description="comma-separated files, folders or globs of what a run writes and what "
        "measures it and guards may see; where none is named, data such as the unchanged project "
        "writes",
        examples=["dist, results.json"],
    )
    isolation: Annotated[Isolation, BeforeValidator(values.one_of(get_args(Isolation)))] = Field(
        "auto",
        description="the level at which runs are kept apart from the machine: `overlay`, "
        "`container`, `copy`, `auto` for the strongest that works here, or `required` for none "
        "that leaves anything open",
    )
    image: Annotated[Word | None, Shown("by project type")] = Field(
        None,
        description="the image that containers of runs are made from, with `isolation: container`",
        examples=["python:3.13-slim"],
    )
    gpus: Gpus = Field(
        (),
        description="the GPUs that containers of runs get: `all`, or their comma-separated "
        "numbers or ids; runs that are in no container have those of the machine",
        examples=["all"],
    )
    network: Annotated[NetworkName, BeforeValidator(values.one_of(get_args(NetworkName)))] = Field(
        "host",
        description="the network of experiments, guard and measuring: `host`, or `none`; "
        "`setup_command` always has it",
    )
    sandbox_read: Paths = Field(
        (),
        description="comma-separated absolute paths, `~` for the home, that runs may read besides",
        examples=["/mnt/data"],
    )
    sandbox_write: Paths = Field(
        (),
        description="comma-separated absolute paths, `~` for the home, that runs may write "
        "besides; what they write there stays",
        examples=["/mnt/scratch"],
    )
    measure_command: Script | None = Field(
        None,
        description="runs after each experiment, in a process of its own, and prints the metric's "
        "value, which then comes from nowhere else",
        examples=["python evaluate.py model.pt"],
    )
    holdout_command: Script | None = Field(
        None,
        description="runs on a keep only and prints a number that is recorded and never shown to "
        "a proposer",
        examples=["python evaluate.py model.pt --split test"],
    )
    evidence_command: Script | None = Field(
        None,
        description="runs once for each new incumbent; what it prints, such as a profile, is shown "
        "to models and agents",
        examples=["python -m cProfile -s cumulative bench.py"],
    )
    constraints: Constraints = Field(
        (),
        description="comma-separated bounds on other numbers that a run gives, which a keep must "
        "meet: absolute, or relative to the baseline as `+5%`; `holdout` is what `holdout_command` "
        "prints",
        examples=["tests >= 18329, p99_ms <= +5%"],
    )
    min_delta: Annotated[SmallestChange, Shown("`0`")] = Field(
        MinDelta(),
        description="smallest change that counts: absolute, or relative as `0.5%`",
        examples=["0.5%"],
    )
    max_repeats: Count = Field(
        6,
        description="most runs of either side in one experiment; 1 decides by a single run each",
        examples=["6"],
    )
    metric_min: Number | None = Field(
        None,
        description="a value below it is a crash, reason `implausible`; where lower is better, "
        "leaps to 0 or to another unit are believed with it",
        examples=["0"],
    )
    metric_max: Number | None = Field(
        None,
        description="a value above it is a crash, reason `implausible`; where higher is better, "
        "leaps to 0 or to another unit are believed with it",
        examples=["100"],
    )
    proposer: Annotated[
        str,
        BeforeValidator(values.one_of(PROPOSERS)),
        any_of({"enum": list(PROPOSERS), "type": "string"}),
    ] = Field(
        "auto",
        description="who has the ideas: `search` (built in), a model by its API "
        f"({', '.join(f'`{name}`' for name in PROVIDERS)}), an agent by `command`, or `auto` for "
        "the best at hand",
    )
    max_fixes: CountOrZero = Field(
        1,
        description="how often a model may mend an idea that crashed, within its experiment",
        examples=["1"],
    )
    goal: Line | None = Field(
        None,
        description="what the research is to reach, in a sentence; models and agents are shown it",
        examples=["make parsing faster"],
    )
    program_file: Annotated[TargetPath | None, Shown("`program.md` if present")] = Field(
        None,
        description="what people want of the research, in their words; models are shown it",
        examples=["docs/research.md"],
    )
    context_files: Globs = Field(
        (),
        description="comma-separated files or globs that models are shown beside the target; "
        "never changed",
        examples=["model.py, README.md"],
    )
    brief_tokens: Count = Field(
        24_000,
        description="most tokens that a model is shown for an idea, by a cautious estimate",
        examples=["24000"],
    )
    model: Annotated[Line | None, Shown("by provider")] = Field(
        None, description="the model that a model proposer asks", examples=["claude-sonnet-5-5"]
    )
    base_url: Annotated[Url | None, Shown("by provider")] = Field(
        None,
        description="address of the server that has the model, for one that is not the provider's "
        "own",
        examples=["http://localhost:11434/v1"],
    )
    max_output_tokens: Count = Field(
        16_384,
        description="most tokens of one answer of a model, its thinking included",
        examples=["16384"],
    )
    max_tokens: Annotated[Count | None, Shown("no limit")] = Field(
        None,
        description="most tokens a session may use, in and out; checked before each call with the "
        "worst case of that call",
        examples=["500000"],
    )
    max_cost_usd: Annotated[Amount | None, Shown("no limit")] = Field(
        None,
        description="most US dollars a session may spend on a model; needs `price_in` and "
        "`price_out`",
        examples=["2.50"],
    )
    max_cost_usd_per_day: Annotated[Amount | None, Shown("no limit")] = Field(
        None,
        description="most US dollars that all sessions of a day (UTC) may spend on a model; needs "
        "`price_in` and `price_out`",
        examples=["10"],
    )
    price_in: Amount | None = Field(
        None, description="US dollars for a million tokens that a model reads", examples=["3"]
    )
    price_out: Amount | None = Field(
        None, description="US dollars for a million tokens that a model writes", examples=["15"]
    )
    proposer_command: Script | None = Field(
        None,
        description="a coding agent: a shell command that edits the target in a throw-away tree of "
        "the project; the brief comes on its standard input",
        examples=["claude -p --permission-mode acceptEdits"],
    )
    proposer_env: Variables = Field(
        (),
        description="comma-separated environment variables for `proposer_command`: `NAME` hands "
        "one on, a credential too, `NAME=value` sets it; experiments never see them",
        examples=["ANTHROPIC_API_KEY"],
    )
    proposer_proxy: Annotated[ProxyMode, BeforeValidator(values.one_of(get_args(ProxyMode)))] = (
        Field(
            "auto",
            description="whether the keys in `proposer_env` are kept from the agent: `auto` where "
            "a proxy on this machine can add them to what it asks its API, `off` hands them over",
        )
    )
    proposer_budget: Seconds = Field(
        600.0,
        description="time after which `proposer_command` is killed: seconds, or with a unit",
        examples=["10m"],
    )
    memory_limit: Memory | None = Field(
        None,
        description="most resident memory of an experiment's process tree: bytes, or with a unit "
        "as `4GB`. Without one, Linux is asked to end a run before anything else where the machine "
        "has none left",
        examples=["4GB"],
    )
    env: Variables = Field(
        (),
        description="comma-separated environment variables for experiments: `NAME` hands one on, "
        "`NAME=value` sets it",
        examples=["CUDA_VISIBLE_DEVICES, OMP_NUM_THREADS=2"],
    )
    doctor: Annotated[DoctorMode, BeforeValidator(values.one_of(get_args(DoctorMode)))] = Field(
        "auto",
        description="whether `doctor` looks at the project before a campaign's first run, for at "
        "most a tenth of `time_limit`: `report` says what it found, `require` goes on only if "
        "every verdict was right, `off`; `auto` is `report` in the Action, else `off`",
    )
    parallel: CountOrAuto = Field(
        1,
        description="lanes that work on this machine at once, each with its part of the cores and "
        "of `memory_limit`, or with a GPU; `auto` is one a GPU where there are several, else 1. "
        "All limits hold for all of them together",
        examples=["4"],
    )
    max_experiments: Annotated[Count | None, Shown("never")] = Field(
        None, description="stop after so many experiments in this session", examples=["10"]
    )
    time_limit: Annotated[Duration | None, Shown("never")] = Field(
        None,
        description="stop the session after this long; with its unit, as `300m` or `5h`",
        examples=["300m"],
    )
    patience: Annotated[Count | None, Shown("never")] = Field(
        None, description="stop after so many experiments in a row without a keep", examples=["20"]
    )
    target_value: Annotated[Number | None, Shown("never")] = Field(
        None, description="stop when the metric is as good as this", examples=["0.95"]
    )

    @model_validator(mode="after")
    def _agree(self) -> Settings:
        consistency.times(self.time_budget, self.kill_after)
        consistency.bounds(self.metric_min, self.metric_max)
        names = [each.name for each in self.constraints]
        consistency.constraints(names, self.metric_name, self.holdout_command)
        consistency.prices(
            {
                "max_cost_usd": self.max_cost_usd,
                "max_cost_usd_per_day": self.max_cost_usd_per_day,
            },
            {"price_in": self.price_in, "price_out": self.price_out},
        )
        return self


NAMES = tuple(Settings.model_fields)
REQUIRED = tuple(name for name, field in Settings.model_fields.items() if field.is_required())


def takes_none(name: str) -> bool:
    """Tell whether an empty value means "explicitly none" for this setting."""
    field = Settings.model_fields[name]
    return type(None) in get_args(field.annotation) or takes_list(name) or name == "kill_after"


def takes_list(name: str) -> bool:
    """Tell whether this setting takes several values."""
    return bool(Settings.model_fields[name].default == ())


def example(name: str) -> str:
    """A value of this setting as a user would write it."""
    examples: Iterable[Any] | None = Settings.model_fields[name].examples
    return str(next(iter(examples or [Settings.model_fields[name].default])))
