"""Number literals of any language: their value, and a new value in the same style."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

_LITERAL = re.compile(
    r"(?P<digits>(?:\d[\d_']*)?)(?P<point>\.?)(?P<fraction>[\d_]*)"
    r"(?:(?P<e>[eE])(?P<exponent>[+-]?\d[\d_]*))?(?P<suffix>[^\W\d]\w*|%)?"
)
_SUFFIX = re.compile(
    r"[fFdDlLuUmMnN]|[uU][lL]{1,2}|[lL]{2}[uU]?|ll|LL|f32|f64|[iu](?:8|16|32|64|128|size)"
    r"|px|em|rem|vh|vw|pt|ms|us|ns|s|m|h|min|deg|%|[kKMG]i?[bB]?|[kg]|MiB|GiB|KiB|fr"
)
_EXACT = 1e15
_DIGITS = 15
_GROUP = 3
_PLAIN = 1e-4


@dataclass(frozen=True, slots=True)
class Literal:
    """A decimal number as it is written, its sign apart."""

    text: str
    value: float
    integer: bool
    decimals: int
    exponent: str
    suffix: str

    @classmethod
    def read(cls, text: str) -> Literal | None:
        """None for what is no plain decimal number (hexadecimal, octal, glued words)."""
        match = _LITERAL.fullmatch(text)
        if match is None or not (match["digits"] or match["fraction"]):
            return None
        suffix = match["suffix"] or ""
        digits = re.sub(r"[_']", "", match["digits"])
        fraction = match["fraction"].replace("_", "")
        if (suffix and not _SUFFIX.fullmatch(suffix)) or len(digits) > _DIGITS:
            return None
        if len(digits) > 1 and digits.startswith("0"):
            return None  # octal, an identifier or a date
        value = float(f"{digits or '0'}.{fraction or '0'}e{match['exponent'] or '0'}")
        if not math.isfinite(value) or value > _EXACT:
            return None
        whole = (
            not match["point"]
            and not match["e"]
            and suffix not in {"f", "F", "d", "D", "f32", "f64"}
        )
        return cls(text, value, whole, len(fraction), match["e"] or "", suffix)

    def write(self, value: float) -> str:
        """A magnitude in this literal's style: underscores, exponent, suffix, point."""
        if self.integer:
            return self._grouped(str(round(value))) + self.suffix
        if self.exponent or (value and value < _PLAIN):
            return self._scientific(value) + self.suffix
        text = _decimal(value)
        if "." in self.text and "." not in text:
            text += "." if self.text.split(self.suffix or "\0")[0].endswith(".") else ".0"
        if self.text.startswith(".") and text.startswith("0."):
            text = text[1:]
        whole, point, fraction = text.partition(".")
        return self._grouped(whole) + point + fraction + self.suffix

    def _grouped(self, digits: str) -> str:
        mark = "_" if "_" in self.text else "'" if "'" in self.text else ""
        if not mark or len(digits) <= _GROUP:
            return digits
        head = len(digits) % _GROUP
        groups = [digits[:head]] if head else []
        groups += [digits[at : at + _GROUP] for at in range(head, len(digits), _GROUP)]
        return mark.join(groups)

    def _scientific(self, value: float) -> str:
        if not value:
            return "0.0"
        mantissa, _, exponent = f"{value:.2e}".partition("e")
        mantissa = mantissa.rstrip("0").rstrip(".")
        power = int(exponent)
        old = re.search(r"[eE]([+-]?)(\d+)", self.text)
        width = len(old[2]) if old and old[2].startswith("0") else 1
        sign = "-" if power < 0 else "+" if old and old[1] == "+" else ""
        if old and "." in self.text and "." not in mantissa:
            mantissa += ".0"
        return f"{mantissa}{self.exponent or 'e'}{sign}{abs(power):0{width}d}"


def _decimal(value: float) -> str:
    """Without an exponent and without needless zeros."""
    text = f"{value:.12f}".rstrip("0").rstrip(".")
    return text or "0"


def rounded(value: float, digits: int = 2) -> float:
    """To so many significant digits."""
    if not value or not math.isfinite(value):
        return value
    return round(value, digits - 1 - math.floor(math.log10(abs(value))))
