"""A conversation between a model and us: frozen data, whichever provider carries it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from autoresearch_ci.core.model.values import Usage


class Role(StrEnum):
    """The speaker of a message."""

    USER = "user"
    ASSISTANT = "assistant"


class Ending(StrEnum):
    """The reason why a model stopped speaking."""

    DONE = "done"
    LENGTH = "length"
    REFUSED = "refused"
    FILTERED = "filtered"


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a message. `cache` marks the end of what the next call will begin with too."""

    text: str
    cache: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """One turn; its text is that of its blocks, joined."""

    role: Role
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Conversation:
    """All that a model is shown. User and assistant take turns; the user begins and ends."""

    system: tuple[Block, ...]
    messages: tuple[Message, ...]

    @property
    def text(self) -> str:
        """All that is said, as one text: for whoever takes no turns."""
        said = ["".join(block.text for block in self.system)]
        for message in self.messages:
            said.append("".join(block.text for block in message.blocks))
        return "\n\n".join(said)

    def plus(self, answer: str, question: str) -> Conversation:
        """The same, with the model's last answer and what we say to it."""
        turns = (
            Message(Role.ASSISTANT, (Block(answer),)),
            Message(Role.USER, (Block(question),)),
        )
        return Conversation(self.system, (*self.messages, *turns))


@dataclass(frozen=True, slots=True)
class Reply:
    """A model's answer. `text` is empty where it refused."""

    text: str
    ending: Ending
    usage: Usage
