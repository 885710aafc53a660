"""A command and what reads its result are one thing: they are overridden together or not at all."""

from __future__ import annotations

from autoresearch_ci.config.origins import DEFAULT, Entries
from autoresearch_ci.core.errors import SettingsError
from autoresearch_ci.project_types import Detected


def require_pair(entries: Entries, detected: Detected) -> list[str]:
    """Raise SettingsError where the detected metric_parse would count what it was not made for.

    It counts what the detected run_command leaves, and another command may leave that
    elsewhere, or not at all; then an old file would be the metric. Who writes both in one
    place has said that they belong together. The other way round, a metric_parse of the
    user's own after the detected command, is what they read it for: a note says so.
    """
    command, by = entries.get("run_command", (None, DEFAULT))
    parse, read_by = entries.get("metric_parse", (None, DEFAULT))
    measured = entries.get("measure_command", (None, DEFAULT))[0]
    if not detected.parse_counts_output or measured or parse is None:
        return []
    made = detected.settings.get("run_command")
    counts = detected.settings.get("metric_parse")
    other_command = str(command).strip() != made
    if not other_command and str(parse).strip() != counts:
        note = f"metric_parse ({read_by}) reads what the detected run_command makes: `{made}`. "
        return [f"{note}Write run_command beside it, so that the two stay together."]
    together = by.source == read_by.source and not by.source.startswith("detected")
    if not other_command or str(parse).strip() != counts or together:
        return []
    raise SettingsError(
        f"{by}: run_command is another one than `{made}`, and the {read_by} metric_parse counts "
        "what that one makes.",
        remedy="Write metric_parse beside run_command in the same place, to print the value that "
        f"your command leaves (or measure_command). If yours leaves the same files, it is:\n\n"
        f"- metric_parse: `{counts}`\n",
    )
