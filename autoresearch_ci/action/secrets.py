"""Our own environment at the start: what is secret is masked and taken out of it."""

from __future__ import annotations

from collections.abc import Collection, MutableMapping

from autoresearch_ci.action.commands import Console
from autoresearch_ci.action.inputs import PREFIX
from autoresearch_ci.environment import is_credential
from autoresearch_ci.executors.processes import hide

_OF_THE_RUNNER = ("ACTIONS_",)


def take_secrets(
    variables: MutableMapping[str, str], console: Console, *, keep: Collection[str]
) -> None:
    """Mask every credential among the variables, and remove it unless `keep` names it.

    So are all inputs, and what the runner gives an action to speak to its own
    services. What the kernel remembers of our first environment is closed to others.
    """
    hide()
    for name, value in list(variables.items()):
        secret = is_credential(name, value)
        if secret:
            console.mask(value)
        if name.startswith((PREFIX, *_OF_THE_RUNNER)) or (secret and name not in keep):
            del variables[name]
