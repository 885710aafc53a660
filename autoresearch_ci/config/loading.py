"""Every source, strongest first, into one frozen Settings that knows where each value came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from pydantic import ValidationError

from autoresearch_ci import project_types
from autoresearch_ci.config import markdown, yaml_file
from autoresearch_ci.config.missing import missing_settings
from autoresearch_ci.config.origins import (
    COMMAND_LINE,
    DEFAULT,
    RUNNER,
    Entries,
    Origin,
    Written,
    read_text,
    unknown,
)
from autoresearch_ci.config.pairing import require_pair
from autoresearch_ci.config.settings import NAMES, REQUIRED, Settings, example, takes_none
from autoresearch_ci.config.values import BadValue
from autoresearch_ci.core.errors import SettingsError
from autoresearch_ci.project_types import Detected

MISNAMED = ".github/autoresearch.yaml"
DOCUMENTS = ("CLAUDE.md", "AGENTS.md")

# What is said about one metric; a detected one says nothing about another metric.
_OF_THE_METRIC = (
    "metric_parse",
    "measure_command",
    "metric_direction",
    "metric_min",
    "metric_max",
    "min_delta",
    "artifacts",
    "target_value",
)


@dataclass(frozen=True, slots=True)
class Loaded:
    """The settings of a session, and what to tell the user about them.

    `origins` has every setting. `project_type` is the detected type, `custom`
    where the settings describe the project by themselves.
    `allow_deletions` says whether search may remove code: not where a metric
    could be won by emptying the file and no guard would notice. `others` could be the
    target as well as the detected one.
    """

    settings: Settings
    origins: Mapping[str, Origin]
    notes: tuple[str, ...]
    project_type: str
    allow_deletions: bool
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Documents:
    """Settings of CLAUDE.md and AGENTS.md, and notes on what was found on the way."""

    entries: Entries
    notes: tuple[str, ...]
    looked: tuple[str, ...]


def load(
    root: Path,
    overrides: Mapping[str, object] = MappingProxyType({}),
    folder: str = "",
    *,
    defaults: Mapping[str, object] = MappingProxyType({}),
) -> Loaded:
    """The settings for the repository at `root`; SettingsError for what the user must change.

    `overrides` are command-line flags, as text or as values; None is a flag not given.
    `defaults` are what is weaker than any other source, but not than this program's own.
    Where no target is configured, the project around `folder` is detected.
    """
    if (root / MISNAMED).exists():
        raise SettingsError(
            f"{MISNAMED} is not read: its name must end in .yml.",
            remedy=f"Rename it: `git mv {MISNAMED} {yaml_file.NAME}`.",
        )
    yaml_text = read_text(root, yaml_file.NAME, yaml_file.LARGEST)
    in_yaml = yaml_file.entries(yaml_text) if yaml_text is not None else {}
    documents = _read_documents(root)
    configured = {**documents.entries, **in_yaml, **_from_flags(overrides)}
    detected = _detected(root, folder, configured)
    notes = [*documents.notes]
    if detected and _describes_another(configured, detected):
        lacking = [
            f"no {name}"
            for name in ("setup_command", "guard_command")
            if name in detected.settings and name not in configured
        ]
        if lacking:
            notes.append(
                f"Nothing of the detected {detected.name} project is used "
                f"({', '.join(lacking)}): the settings describe a project of their own."
            )
        detected = None
    weakest = {name: (value, RUNNER) for name, value in defaults.items()}
    merged = {
        **weakest,
        **(_from_detection(detected, configured) if detected else {}),
        **configured,
    }
    if missing := [name for name in NAMES if name in _unset(merged, detected)]:
        file = "read" if yaml_text is not None else "not there"
        looked = [f"{yaml_file.NAME}: {file}", *documents.looked]
        notes += _in_other_files(root)
        raise missing_settings(missing, looked, notes, detected, (root, folder))
    if detected:
        notes += require_pair(merged, detected)
    settings = _validated(merged)
    may_delete = (
        settings.guard_command is not None
        or detected is None
        or detected.deletable_without_guard
        or settings.metric_name != detected.settings.get("metric_name")
    )
    if detected:
        guarded = settings.guard_command is not None
        notes += [n for n in detected.notes if not (guarded and n == project_types.NO_TESTS)]
    if not may_delete and project_types.NO_TESTS not in notes:
        notes.append(
            f"No guard_command: {settings.metric_name} could be won by emptying the file, so "
            "search deletes no code. Set guard_command to a test command to allow it."
        )
    return Loaded(
        settings=settings,
        origins={name: merged[name][1] if name in merged else DEFAULT for name in NAMES},
        notes=tuple(notes),
        project_type=detected.name if detected else "custom",
        allow_deletions=may_delete,
        others=_others(detected, settings),
    )


def _detected(root: Path, folder: str, configured: Entries) -> Detected | None:
    """The project that the configured target belongs to, else the one around `folder`."""
    target = configured.get("target_file", (None, DEFAULT))[0]
    if isinstance(target, str) and target.strip():
        return project_types.around(root, target.strip())
    return project_types.here(root, folder)


def _others(detected: Detected | None, settings: Settings) -> tuple[str, ...]:
    same = detected and settings.target_file == detected.settings.get("target_file")
    return detected.others if detected and same else ()


def _from_flags(overrides: Mapping[str, object]) -> Entries:
    given = {name: value for name, value in overrides.items() if value is not None}
    for name in given:
        if name not in NAMES:
            raise unknown(name, COMMAND_LINE)
    return {name: (None if _is_empty(v) else v, COMMAND_LINE) for name, v in given.items()}


def _is_empty(value: object) -> bool:
    return (isinstance(value, str) and not value.strip()) or value in ((), [])


def _read_documents(root: Path) -> _Documents:
    """The first document that has a section; a different one in the other is a note."""
    sections: list[markdown.Section] = []
    notes: list[str] = []
    looked: list[str] = []
    unset: list[str] = []
    for name in DOCUMENTS:
        text = read_text(root, name)
        section = markdown.find(text, name) if text is not None else None
        if text is not None and section and (section.is_prose or not section.text):
            notes.append(markdown.without_settings(section, text))
            unset.append(notes[-1])
            looked.append(f"{name}: its section has no settings")
        elif section:
            sections.append(section)
            looked.append(f"{name}: its section was read")
        elif text is None:
            looked.append(f"{name}: not there")
            notes += _misnamed(root, name)
        else:
            notes += markdown.lookalikes(text, name)
            looked.append(f"{name}: has no `## autoresearch` section")
    if len({section.text for section in sections}) > 1:
        notes.append("CLAUDE.md and AGENTS.md have different sections; CLAUDE.md's counts.")
    entries = sections[0].entries() if sections else {}
    return _Documents(entries, tuple(notes if len(sections) != 1 else unset), tuple(looked))


_ELSEWHERE = ("README.md", "GEMINI.md", "CLAUDE.local.md", ".github/copilot-instructions.md")
_YAML_ELSEWHERE = ("autoresearch.yml", "autoresearch.yaml", ".autoresearch.yml")


def _in_other_files(root: Path) -> Iterator[str]:
    """Notes on files that nobody reads and that have settings: other documents, another place."""
    for path in _ELSEWHERE:
        text = read_text(root, path)
        section = markdown.find(text, path) if text is not None else None
        if section and not section.is_prose and section.text:
            yield f"{path} has a section and is not read: move the section to CLAUDE.md."
    for path in _YAML_ELSEWHERE:
        text = read_text(root, path) or ""
        if any(
            line.startswith(tuple(f"{name}:" for name in REQUIRED)) for line in text.split("\n")
        ):
            yield f"{path} is not read: `git mv {path} {yaml_file.NAME}`."


def _misnamed(root: Path, name: str) -> Iterator[str]:
    """Notes on files with a section that nobody reads: in another case, or in `.claude`."""
    alike = sorted(each.name for each in root.iterdir() if each.name.lower() == name.lower())
    for path in (*alike, f".claude/{name}"):
        text = read_text(root, path)
        if text is not None and markdown.find(text, path):
            yield f"{path} has a section and is not read: `git mv {path} {name}`."


def _describes_another(configured: Entries, detected: Detected) -> bool:
    """Tell whether the settings are complete by themselves and about another metric."""
    given = {name: entry for name, entry in configured.items() if entry[0] is not None}
    return not _unset(given, None) and _other_metric(configured, detected)


def _unset(entries: Entries, detected: Detected | None) -> set[str]:
    """Name the settings that have no default and are not there.

    A detected metric that is counted, as a size is, is printed by no run: it needs a command.
    """
    counted = detected is not None and detected.parse_counts_output
    measured = "metric_parse" in entries or "measure_command" in entries
    own = counted and not _other_metric(entries, detected) and not measured
    return {*REQUIRED, *(("metric_parse",) if own else ())} - entries.keys()


def _other_metric(configured: Entries, detected: Detected | None) -> bool:
    if detected is None:
        return False
    written = configured.get("metric_name", (None, DEFAULT))[0]
    return isinstance(written, str) and written.strip() != detected.settings.get("metric_name")


def _from_detection(detected: Detected, configured: Entries) -> Entries:
    """The detected defaults, less what they say of a metric that is not the configured one."""
    dropped = set(_OF_THE_METRIC) if _other_metric(configured, detected) else set()
    origin = Origin.detected(detected.name)
    return {
        name: (value, origin) for name, value in detected.settings.items() if name not in dropped
    }


def _validated(merged: Entries) -> Settings:
    given: dict[str, Written] = {}
    for name, (value, origin) in merged.items():
        if value is None and not takes_none(name):
            raise SettingsError(
                f"{origin}: {name} has no value.",
                remedy=f"Write one, such as {example(name)}, or remove the setting there.",
            )
        if value is not None:
            given[name] = value
        elif name != "kill_after":
            given[name] = None if Settings.model_fields[name].default is None else ()
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        raise _located(error, merged) from error


def _located(error: ValidationError, merged: Entries) -> SettingsError:
    """The first thing that pydantic refused, with the place it was written at."""
    first = error.errors()[0]
    cause = first.get("ctx", {}).get("error")
    assert isinstance(cause, BadValue), first  # every field has a reader of ours
    if first["loc"]:
        name = str(first["loc"][0])
        return SettingsError(f"{merged[name][1]}: {name}: {cause}", remedy=cause.remedy)
    places = [f"{each} from {merged[each][1]}" for each in cause.settings if each in merged]
    return SettingsError(str(cause), detail="; ".join(places), remedy=cause.remedy)
