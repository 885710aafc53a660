"""Workflow commands: lines in a job's log that the runner obeys.

It obeys them whoever prints them. So everything that a model, an experiment or a
file of the project can have a say in is printed while the runner does not listen.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from autoresearch_ci.core.redaction import mask


class WorkflowCommands:
    """Writes to the job's log, each line at once."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def mask(self, value: str) -> None:
        """Have every appearance of the value in the log replaced, and of each of its lines."""
        for part in {value.strip(), *map(str.strip, value.splitlines())} - {""}:
            mask(part, self._stream.write)
        self._stream.flush()

    def error(self, message: str, title: str = "autoresearch") -> None:
        """Annotate the job; the text is one line there, whatever is in it."""
        self._write(f"::error title={escape_property(title)}::{escape_data(message)}")

    def notice(self, message: str, title: str = "autoresearch") -> None:
        """Annotate the job with something that is no error."""
        self._write(f"::notice title={escape_property(title)}::{escape_data(message)}")

    @contextmanager
    def group(self, title: str) -> Iterator[None]:
        """Fold this part of the log; what is printed in it is still listened to."""
        self._write(f"::group::{escape_data(title)}")
        try:
            yield
        finally:
            self._write("::endgroup::")

    @contextmanager
    def unheard(self) -> Iterator[None]:
        """Let nothing that is printed within be a command: nobody knows the word that ends it."""
        word = secrets.token_hex(16)
        self._write(f"::stop-commands::{word}")
        try:
            yield
        finally:
            self._write(f"::{word}::")

    def _write(self, line: str) -> None:
        print(line, file=self._stream, flush=True)


def escape_data(text: str) -> str:
    """Escape the text behind the last `::` of a command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escape_property(text: str) -> str:
    """Escape the text behind the `=` of a command's property."""
    return escape_data(text).replace(":", "%3A").replace(",", "%2C")
