"""A provider that reads its answers from a list: for tests, benchmarks and rehearsals."""

from __future__ import annotations

from collections.abc import Iterable

from autoresearch_ci.core.errors import ProviderError
from autoresearch_ci.core.model.values import Usage
from autoresearch_ci.providers import Options
from autoresearch_ci.providers.conversation import Conversation, Ending, Reply

Answer = str | Reply | ProviderError


class ScriptedProvider:
    """Gives the answers it was given, in order; a byte counts as a token.

    An answer is a text, a whole reply, or an error to raise. `asked` holds the conversations it
    was shown. After the last answer it is unreachable.
    """

    name = "scripted"
    model = "script"

    def __init__(self, answers: Iterable[Answer]) -> None:
        self._answers = iter(answers)
        self.asked: list[Conversation] = []

    def ask(self, conversation: Conversation) -> Reply:
        self.asked.append(conversation)
        answer = next(self._answers, None)
        if answer is None:
            raise ProviderError(
                "The script has no answer left.", remedy="Give it more.", passing=True
            )
        if isinstance(answer, ProviderError):
            raise answer
        if isinstance(answer, Reply):
            return answer
        sent = self.worst_case(conversation).input
        return Reply(answer, Ending.DONE, Usage(sent, len(answer.encode()), sent))

    def worst_case(self, conversation: Conversation) -> Usage:
        turns = [conversation.system, *(message.blocks for message in conversation.messages)]
        sent = sum(len(block.text.encode()) for blocks in turns for block in blocks)
        return Usage(sent, Options().max_output_tokens, sent)
