"""Choice of a session's proposer, with what it has to know."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autoresearch_ci.config import Loaded, Settings
from autoresearch_ci.core.environment import credentials
from autoresearch_ci.core.errors import SettingsError
from autoresearch_ci.core.history import History, Watch
from autoresearch_ci.core.model import FileSet, Proposal
from autoresearch_ci.core.redaction import REDACTED, Redactor
from autoresearch_ci.proposers import Proposer
from autoresearch_ci.proposers.llm import prompt
from autoresearch_ci.proposers.llm.budget import Allowance, Prices, Share, Spent
from autoresearch_ci.proposers.llm.instructions import Instructions
from autoresearch_ci.proposers.model_and_search import ModelThenSearch
from autoresearch_ci.proposers.queued_ideas import QueuedIdeas
from autoresearch_ci.proposers.search import SearchProposer
from autoresearch_ci.providers import PROVIDERS, Options, Provider, create
from autoresearch_ci.providers.conversation import Conversation
from autoresearch_ci.providers.failure import Patience
from autoresearch_ci.source_code.frozen_lines import FrozenLines
from autoresearch_ci.workspace.editable import is_glob

if TYPE_CHECKING:
    from autoresearch_ci.proposers.agent import Workplace

PATIENCE = Patience(total=600.0, tries=3)
"""Shorter than a provider's own: meanwhile the search could go on."""

_LONG = 60.0
"""Seconds of one run from which on the next idea may be wanted later than in five minutes."""


@dataclass(frozen=True, slots=True)
class ProposerContext:
    """The parts of a session that a proposer may be given.

    `patch` and `log` look an experiment up in the archive by its number, `instructions` are
    what people wrote, `evidence` is what a command says of the incumbent. `elsewhere` tells whether
    a file that is not the target holds a name.
    `earlier` is what was spent today before the session, `share` its part of the spend
    limits. `workplace` makes a tree of the project at `root` for an agent, `tracked` are the paths
    that git has there, `agent_log` is where its output goes. `may_add` tells whether a candidate
    may add a file of this path and text.
    """

    loaded: Loaded
    tag: str
    watch: Watch
    share: Share
    frozen_lines: FrozenLines
    instructions: Callable[[], Instructions]
    patch: Callable[[int], str]
    log: Callable[[int], str]
    earlier: Callable[[str], Spent]
    root: Path
    workplace: Callable[[Mapping[str, bytes]], AbstractContextManager[Workplace]]
    tracked: Callable[[], Collection[str]]
    agent_log: Path
    evidence: Callable[[], str]
    elsewhere: Callable[[str], bool]
    may_add: Callable[[str, str], bool]

    @property
    def settings(self) -> Settings:
        return self.loaded.settings


def proposer(around: ProposerContext) -> Proposer:
    """Make the proposer that the settings name; a model and an agent together with the search."""
    name = chosen(around.settings, os.environ)
    search = _search(around)
    if name == "search":
        return search
    briefing = SessionBriefing(around)
    asked = _agent(around, briefing) if name == "command" else _model(around, briefing, name)
    tuner = lru_cache(maxsize=1)(lambda lines: _search(around, only=lines))
    return ModelThenSearch(QueuedIdeas(asked), search, tuner)


def chosen(settings: Settings, variables: Mapping[str, str]) -> str:
    """The proposer's name: `auto` is an agent where one is set, a model with a key, else search."""
    if settings.proposer != "auto":
        return settings.proposer
    if settings.proposer_command:
        return "command"
    if settings.base_url and settings.model:
        return "openai"
    with_key = (name for name, row in PROVIDERS.items() if variables.get(row.key, "").strip())
    return next(with_key, "search")


def notes(settings: Settings, variables: Mapping[str, str]) -> Iterator[str]:
    """Sentences for a session's top that whoever pays has to know."""
    name = chosen(settings, variables)
    for told in ("goal", "evidence_command") if name == "search" else ():
        if getattr(settings, told):
            yield f"{told} is for a model or an agent: the embedded search does not read it."
    if name == "search" and settings.proposer == "auto" and settings.model:
        keys = " or ".join(row.key for row in PROVIDERS.values())
        yield (
            f"model names {settings.model}, and the ideas come from the embedded search: set the "
            f"variable {keys} to a key, or base_url, to have it asked."
        )
    if name not in PROVIDERS:
        return
    who = f"{name} ({settings.model or 'its default model'})"
    limits = (settings.max_tokens, settings.max_cost_usd, settings.max_cost_usd_per_day)
    if any(limit is not None for limit in limits):
        yield f"Ideas come from {who}, within the spend limits, and from the search."
    else:
        yield (
            f"Ideas come from {who} and from the search. There is no spend limit: set max_tokens "
            "or max_cost_usd, or proposer to search for ideas at no cost."
        )


def shown_files(source: FileSet, frozen_lines: FrozenLines, settings: Settings) -> dict[str, Any]:
    """The fields of a campaign's state that are about its editable files."""
    frozen = {
        path: frozenset(
            line
            for each in frozen_lines.frozen(path, text)
            for line in range(each.first, each.last + 1)
        )
        for path, text in source.items()
    }
    return {
        "source": source.text,
        "frozen": frozen.pop(source.target),
        "others": {path: source[path] for path in frozen},
        "others_frozen": frozen,
        "adds": tuple(each for each in settings.editable_files if is_glob(each)),
    }


class SessionBriefing:
    """Compose what a model or an agent is shown from the session as it stands."""

    def __init__(self, around: ProposerContext) -> None:
        self._around = around
        self._redact = Redactor(credentials(os.environ))
        self._written: Instructions | None = None
        # Each look into the archive starts git, and what is there does not change; only where
        # another session published first is it another's, and the history another object.
        self._patch, self._log = lru_cache(512)(around.patch), lru_cache(512)(around.log)
        self._history: History | None = None
        self._search = _search(around)

    def ask(self, source: FileSet, history: History) -> Conversation:
        return prompt.brief(self._state(source, history), self._redact)

    def correct(self, problem: str) -> str:
        return prompt.correction(problem, self._redact)

    def leaks(self, text: str) -> bool:
        """True where there is a secret in a text that is to be recorded."""
        return self._redact(text).count(REDACTED) > text.count(REDACTED)

    def repair(
        self, source: FileSet, history: History, failed: Proposal, crash: str
    ) -> Conversation:
        state = self._state(source, history)
        return prompt.repair(state, failed.title, failed.files, crash, self._redact)

    def text(self, source: FileSet, history: History) -> str:
        """All of it as one text, for an agent."""
        state = self._state(source, history)
        return prompt.brief(state, self._redact, form=False).text

    def _state(self, source: FileSet, history: History) -> prompt.CampaignState:
        around, settings = self._around, self._around.settings
        self._written = self._written or around.instructions()
        if history is not self._history:
            self._patch.cache_clear()
            self._log.cache_clear()
            self._history = history
        progress = around.watch.progress
        most, longest = settings.max_experiments, settings.time_limit
        return prompt.CampaignState(
            settings=settings,
            **shown_files(source, around.frozen_lines, settings),
            history=history,
            program=self._written.program,
            context=self._written.context,
            patch=self._patch,
            log=self._log,
            evidence=around.evidence(),
            importance=self._search.importances(source, history),
            queue=tuple(idea.text for idea in history.ideas),
            experiments_left=None if most is None else most - progress.experiments,
            seconds_left=None if longest is None else max(0.0, longest - progress.seconds),
        )


def _search(around: ProposerContext, only: frozenset[str] | None = None) -> SearchProposer:
    return SearchProposer(
        metric_name=around.settings.metric_name,
        deletions=around.loaded.allow_deletions,
        seed=around.tag,
        only=only,
        frozen_lines=around.frozen_lines,
        elsewhere=around.elsewhere,
    )


def _model(around: ProposerContext, briefing: SessionBriefing, name: str) -> Proposer:
    from autoresearch_ci.proposers.llm.proposer import (  # noqa: PLC0415 - httpx takes its time
        ModelProposer,
    )

    settings, today = around.settings, _today()
    allowance = Allowance(
        Prices(settings.price_in, settings.price_out),
        max_tokens=settings.max_tokens,
        max_cost_usd=settings.max_cost_usd,
        max_cost_usd_per_day=settings.max_cost_usd_per_day,
        day=today,
        # To know it the whole ledger is read.
        earlier=around.earlier(today) if settings.max_cost_usd_per_day is not None else None,
        share=around.share,
    )
    adds = any(map(is_glob, settings.editable_files))
    may_add = around.may_add if adds else None
    return ModelProposer(_provider(settings, name), briefing, allowance, _today, may_add)


def _provider(settings: Settings, name: str) -> Provider:
    options = Options(
        model=settings.model,
        base_url=settings.base_url,
        max_output_tokens=settings.max_output_tokens,
        patience=PATIENCE,
        # What is paid for to be cached has to be there still when the next idea is wanted, and
        # an experiment is several runs.
        cache_for="1h" if settings.time_budget >= _LONG else "5m",
    )
    return create(name, os.environ.get(PROVIDERS[name].key, ""), options)


def _agent(around: ProposerContext, briefing: SessionBriefing) -> Proposer:
    from autoresearch_ci.proposers.agent import AgentProposer  # noqa: PLC0415

    settings = around.settings
    if settings.proposer_command is None:
        raise SettingsError(
            "proposer is command, but proposer_command is not set.",
            remedy="Set proposer_command to an agent's command; docs/agents.md has some.",
        )

    return AgentProposer(
        settings.proposer_command,
        budget=settings.proposer_budget,
        variables=settings.proposer_env,
        proxied=settings.proposer_proxy == "auto",
        root=around.root,
        workplace=around.workplace,
        tracked=around.tracked,
        brief=briefing.text,
        log=around.agent_log,
        globs=[each for each in settings.editable_files if is_glob(each)],
        may_add=around.may_add,
    )


def _today() -> str:
    """The day of UTC, by which spending is counted."""
    return datetime.now(UTC).date().isoformat()
