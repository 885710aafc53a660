"""What a session tells a forge, from its first question to its last word."""

from __future__ import annotations

from autoresearch_ci.forge import Annotation, CheckOutput, Conclusion, Forge, Reaction, Thread
from tests.github.state import Comment

SHA = "b" * 40
BRANCH = "autoresearch/mar17"
THREAD = Thread(1, is_pull=True)


def whole_session(forge: Forge, command: Comment, experiments: int = 3) -> None:
    """Everything that a session ever asks and tells; `command` is on pull request #1."""
    forge.may_command("mona")
    forge.default_branch()
    forge.merged(BRANCH)
    forge.react(THREAD, command.id, Reaction.SEEN)
    forge.begin_check(SHA, CheckOutput("at work", "begun"))
    for n in range(experiments):
        forge.comment(THREAD, f"experiment {n}", key="mar17")
    forge.comment(THREAD, "the end", key="mar17", final=True)
    forge.reply(THREAD, "a word")
    forge.end_check(SHA, Conclusion.SUCCESS, CheckOutput("done", "s"), [Annotation("f", 1, 1, "m")])
    forge.open_pull_request(BRANCH, "main", "title", "body")
    forge.dispatch("autoresearch", {})
    forge.react(THREAD, command.id, Reaction.DONE)
