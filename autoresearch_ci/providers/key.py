"""A credential that shows itself to nobody but the request that it is for."""

from __future__ import annotations

from autoresearch_ci.errors import ProviderError

MASK = "***"
_GIVES_AWAY = 8
"""So many characters of a key in a row are as bad as the key."""


class Key:
    """An API key. Neither `repr` nor `str` nor `format` shows it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        """Raise ProviderError for what cannot be a key; the error does not quote it."""
        self._value = value.strip()
        if not self._value:
            raise ProviderError("The API key is empty.", remedy="Set it to the key's value.")
        if not all("!" <= character <= "~" for character in self._value):
            raise ProviderError(
                "The API key holds white space or characters that no key has.",
                remedy="Copy it again, as one line without quotes around it.",
            )

    def __repr__(self) -> str:
        return f"Key({MASK})"

    def reveal(self) -> str:
        """The key itself, for the request's header and nothing else."""
        return self._value

    def masked(self, text: str) -> str:
        """The text with every piece of the key in it replaced."""
        size = min(_GIVES_AWAY, len(self._value))
        pieces = {self._value[at : at + size] for at in range(len(self._value) - size + 1)}
        hidden = bytearray(len(text))
        for piece in pieces:
            at = text.find(piece)
            while at >= 0:
                hidden[at : at + size] = b"\1" * size
                at = text.find(piece, at + 1)
        return "".join(
            (MASK if not at or not hidden[at - 1] else "") if hidden[at] else character
            for at, character in enumerate(text)
        )
