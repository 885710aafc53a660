"""Our own environment at the start: what is secret is masked and taken out of it."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping

from autoresearch_ci.action.inputs import PREFIX, Given
from autoresearch_ci.action.workflow_commands import WorkflowCommands
from autoresearch_ci.config import Settings
from autoresearch_ci.core.environment import is_credential
from autoresearch_ci.core.redaction import SHORTEST
from autoresearch_ci.executors.process_tree import hide
from autoresearch_ci.proposers.select import chosen
from autoresearch_ci.providers import PROVIDERS

_OF_THE_RUNNER = "ACTIONS_"
_OF_GIT = "GIT_CONFIG_"  # counted, so none may be missing; git is given none that holds a secret


def take_secrets(variables: MutableMapping[str, str], console: WorkflowCommands) -> dict[str, str]:
    """Mask every credential among the variables, take it out, and return what was taken.

    So are all inputs taken, and what the runner gives an action to speak to its own
    services. What the kernel remembers of our first environment is closed to others.
    """
    hide()
    taken = {}
    for name, value in list(variables.items()):
        git = name.startswith(_OF_GIT)
        secret = is_credential("" if git else name, value)
        if secret and len(value.strip()) >= SHORTEST:  # a shorter one would hide half the log
            console.mask(value)
        if name.startswith((PREFIX, _OF_THE_RUNNER)) or (secret and not git):
            taken[name] = variables.pop(name)
    return taken


def needed(settings: Settings, given: Given, taken: Mapping[str, str]) -> dict[str, str]:
    """Of what was taken, what whoever has the ideas needs: a provider's key, or an agent's own."""
    known = {**taken, **given.keys}
    who = chosen(settings, known)
    names = settings.proposer_env if who == "command" else ()
    if who in PROVIDERS:
        names = (PROVIDERS[who].key,)
    return {name: known[name] for name in names if name in known}
