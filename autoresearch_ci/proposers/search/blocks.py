"""Code that could go where there is no syntax tree: whole lines that are well formed.

A candidate is a run of full lines that starts where a statement starts, ends
where it ends, and has its brackets balanced; and the else branch of an if.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from autoresearch_ci.proposers.search.edits import Cut, Edit, headline, identity
from autoresearch_ci.proposers.search.names import word_set
from autoresearch_ci.source_code.syntax import Kind, Token, tokens

_BRACES = word_set(
    ".c .h .cc .cpp .cxx .hpp .hh .hxx .cu .java .kt .kts .scala .js .jsx .mjs .cjs .ts .tsx .mts"
    " .cts .go .rs .dart .cs .swift .css .scss .less .groovy .gradle .php"
)
_SEMICOLONS = word_set(
    ".c .h .cc .cpp .cxx .hpp .hh .hxx .cu .java .rs .dart .cs .css .scss .less .php"
)
_FLAT = word_set(".toml .ini .cfg .conf .properties .env")
_LINE_END = re.compile(r"\r\n|\r|\n")
_COMMENT = re.compile(r"(?<!:)//.*", re.DOTALL)
_NAME = re.compile(r"[^\W\d]\w*")
_SETTING = re.compile(r"\s*[\w.\-\"']+\s*[:=]\s*\S")
_CONTINUES = word_set(
    ". ? : + - * / % & | && || == != === !== < > <= >= = => -> , ) ] else catch finally while where"
)
_UNFINISHED = word_set(
    ", ( [ = + - * / % & | && || == != === !== < > <= >= => -> ? : . else return"
)
_JUMPS = frozenset({"return", "break", "continue", "throw", "goto", "raise"})
_HEADS = frozenset({"if", "for", "while", "switch", "try", "match", "when", "loop", "do"})
_TITLE = 50
# Tokens between an else and its block, at most.
_FAR = 200
_NEVER = frozenset({"package", "module", "#", "}", "else", "case", "default", "@"})
_IMPORTS = frozenset({"import", "use", "using", "from"})
# Go declares several at once in brackets.
_GROUPS = frozenset({"var", "const", "type"})
_TYPES = frozenset({"class", "interface", "enum", "struct", "trait", "impl", "object", "namespace"})
_DECLARES = word_set(
    "const let var val final static int float double long bool boolean auto String char usize"
)
_EXPORTS = frozenset({"public", "export", "pub", "override", "@Override", "protected", "extern"})
_C = word_set(".c .cc .cpp .cxx .cu")
_HEADERS = word_set(".h .hpp .hh .hxx")
_SCRIPTS = word_set(".js .jsx .mjs .cjs .ts .tsx .mts .cts")
_MODULES = word_set(".go .rs") | _SCRIPTS
# Languages whose members are seen by others unless they say that they are not.
_MEMBERS = word_set(".java .kt .kts .scala .cs .swift .groovy .gradle .php")
_HIDDEN = frozenset({"private", "fileprivate"})
# Java's and Unity's runtime call these by name, private or not.
_CALLED = word_set(
    "readObject writeObject readObjectNoData readResolve writeReplace serialVersionUID"
    " serialPersistentFields finalize Awake Start Update FixedUpdate LateUpdate OnEnable OnDisable"
    " OnDestroy OnValidate OnGUI"
)
# By these a name is used that nobody has written, or code runs that nobody calls.
_BY_NAME = re.compile(r"##|\beval\b|\bReflect\b|__attribute__|\[\[|\bgo:linkname\b")
# What is defined here and used elsewhere is hardly ever there for nothing.
_ONLY_ONE = 0.03
_CLOSE = {"(": ")", "[": "]", "{": "}"}


@dataclass(frozen=True, slots=True)
class _Place:
    """A token that counts, its line, and the bracket depth before it."""

    token: Token
    line: int
    depth: int


def cuts(path: str, text: str, untouchable: Collection[int]) -> Iterator[Cut]:
    """Statements and blocks of brace languages, settings of flat files; else nothing."""
    suffix = PurePosixPath(path.replace("\\", "/")).suffix.lower()
    if suffix in _FLAT:
        yield from _settings(text, untouchable)
    elif suffix in _BRACES:
        yield from _Blocks(path, text, untouchable, semicolons=suffix in _SEMICOLONS).found()


def _settings(text: str, untouchable: Collection[int]) -> Iterator[Cut]:
    starts = _line_starts(text)
    for line, start in enumerate(starts[:-1]):
        content = text[start : starts[line + 1]]
        code = content.strip()
        whole = all(code.count(a) == code.count(b) for a, b in _CLOSE.items())
        if line not in untouchable and whole and _SETTING.match(content) and code.count('"""') == 0:
            edit = Edit(start, starts[line + 1])
            yield Cut(
                identity("setting", "", code), "setting", f"remove {_short(code)}", 0.2, (edit,)
            )


def _line_starts(text: str) -> list[int]:
    """The start of each line, and after the last of them the end of the text."""
    starts = [0, *(match.end() for match in _LINE_END.finditer(text))]
    return starts if starts[-1] == len(text) else [*starts, len(text)]


class _Blocks:
    """The tokens of one source, by line and depth, and its balanced pieces."""

    def __init__(
        self, path: str, text: str, untouchable: Collection[int], *, semicolons: bool
    ) -> None:
        self.text = text
        self.suffix = PurePosixPath(path.replace("\\", "/")).suffix.lower()
        self.untouchable = untouchable
        self.semicolons = semicolons
        self.starts = _line_starts(text)
        self.places: list[_Place] = []
        self.closes: dict[int, int] = {}
        self.names: Counter[str] = Counter()
        self.opened: list[list[str]] = []
        self.balanced = self._read(tokens(path, text))

    def _read(self, found: Sequence[Token]) -> bool:
        stack: list[int] = []
        for token in found:
            if token.kind in (Kind.SPACE, Kind.NEWLINE, Kind.COMMENT, Kind.DOC):
                continue
            at = len(self.places)
            closing = token.kind is Kind.MARK and token.text in ")]}"
            if closing:
                if not stack or _CLOSE[self.places[stack[-1]].token.text] != token.text:
                    return False
                self.closes[stack.pop()] = at
            line = bisect_right(self.starts, token.start) - 1
            self.places.append(_Place(token, line, len(stack)))
            self.opened.append([self.places[i].token.text for i in stack[-1:]])
            if token.kind is Kind.MARK and token.text in "([{":
                stack.append(at)
            elif token.kind is Kind.NAME:
                self.names[token.text] += 1
            elif token.kind is Kind.STRING and ("$" in token.text or "{" in token.text):
                self.names.update(_NAME.findall(token.text))  # `${name}`, "{name}"
        return not stack

    def found(self) -> Iterator[Cut]:
        if not self.balanced:
            return
        for at, place in enumerate(self.places):
            if place.token.text == "else":
                yield from self._otherwise(at)
            elif self._starts_statement(at):
                end = self._end(at)
                if end is not None and self._alone(at, end):
                    yield self._statement(at, end)

    def _starts_statement(self, at: int) -> bool:
        place = self.places[at]
        if self.opened[at] not in ([], ["{"]) or place.token.text in _NEVER:
            return False
        if at == 0:
            return True
        before = self.places[at - 1]
        if before.line == place.line or place.token.text in _CONTINUES:
            return False
        above = at - 1
        while above and self.places[above - 1].line == before.line:
            above -= 1
        if self.places[above].token.text.startswith("@"):  # an annotation of this
            return False
        return before.token.text in (";", "{", "}") or (
            not self.semicolons and before.token.text not in _UNFINISHED
        )

    def _end(self, at: int) -> int | None:
        """The last token of the statement that starts here."""
        here = at
        while here < len(self.places):
            text = self.places[here].token.text
            if here in self.closes:
                here = self.closes[here]
                if self.places[here].token.text == "}" and self._may_end(here):
                    return here
                if not self.semicolons and self._line_ends(here) and self._may_end(here):
                    return here
                here += 1
                continue
            if text == ";":
                return here
            if text in (")", "]", "}"):
                return here - 1 if not self.semicolons and here - 1 >= at else None
            if not self.semicolons and self._line_ends(here) and self._may_end(here):
                return here
            here += 1
        return None

    def _line_ends(self, at: int) -> bool:
        after = self.places[at + 1] if at + 1 < len(self.places) else None
        return after is None or after.line != self.places[at].line

    def _may_end(self, at: int) -> bool:
        """True if a statement can end with this token: neither it nor the next goes on."""
        if self.places[at].token.text in _UNFINISHED:
            return False
        after = self.places[at + 1].token.text if at + 1 < len(self.places) else ""
        return after not in _CONTINUES and after not in (";", "{")

    def _alone(self, first: int, last: int) -> bool:
        """True if these tokens are all that is on their lines, and may be touched."""
        start, end = self.places[first].line, self.places[last].line
        before = self.places[first - 1].line if first else -1
        after = self.places[last + 1].line if last + 1 < len(self.places) else end + 1
        return (
            before < start
            and after > end
            and not any(line in self.untouchable for line in range(start, end + 1))
        )

    def _statement(self, first: int, last: int) -> Cut:
        start, end = self.places[first].line, self.places[last].line
        span = (self.starts[start], self.starts[end + 1])
        words = [place.token.text for place in self.places[first : last + 1]]
        depth = self.places[first].depth
        kind, what, weight = self._described(words, start, end, depth)
        unused = kind == "unused"
        name = _defined(words)[0] if unused and (depth == 0 or self.suffix in _MEMBERS) else ""
        return Cut(
            identity(kind, "", self.text[span[0] : span[1]]),
            kind,
            f"remove {what}",
            weight,
            (Edit(*span),),
            name,
            self._is_private(words, name),
        )

    def _is_private(self, words: list[str], name: str) -> bool:
        """True if only this file could use the name, and making it does nothing else.

        A function, a plain value or an import of Java, whose name is written once.
        """
        if not name or _BY_NAME.search(self.text):
            return False
        kind = _defined(words)[1]
        plain = [word for word in words[words.index("=") + 1 :] if word != ";"] if (
            kind == "constant" and "=" in words
        ) else []  # fmt: skip
        does_nothing = (
            kind == "function"
            or (len(plain) == 1 and not plain[0].isidentifier())
            or (kind == "import" and self.suffix == ".java")
        )
        return does_nothing and len(re.findall(rf"\b{re.escape(name)}\b", self.text)) == 1

    def _is_used_elsewhere(self, words: list[str], name: str, kind: str, depth: int) -> bool:
        """True if others may use what is defined here, by the rules of the language.

        Exported is used: of a library nobody here knows who calls it.
        """
        if _seen_outside(words, name):
            return True
        if kind == "import" or (kind == "constant" and depth and self.suffix not in _MEMBERS):
            return False
        if self.suffix in _C:
            return depth > 0 or "static" not in words[:3]
        if self.suffix == ".dart":
            return not name.startswith("_")
        if self.suffix in _MODULES:
            return depth > 0 and not (self.suffix in _SCRIPTS and "function" in words[:2])
        local = depth > 1 and kind == "constant"
        return self.suffix in _HEADERS or (not local and _HIDDEN.isdisjoint(words[:4]))

    def _described(
        self, words: list[str], start: int, end: int, depth: int
    ) -> tuple[str, str, float]:
        """Its kind, what the title calls it, and how promising it is."""
        line = _short(self.text[self.starts[start] : self.starts[start + 1]])
        name, definition = _defined(words)
        if (
            name
            and self.names[name] == 1
            and not self._is_used_elsewhere(words, name, definition, depth)
        ):
            call = "()" if definition == "function" else ""
            return "unused", f"unused {name}{call}", 0.8
        if definition:
            return definition, line, _ONLY_ONE
        head = words[0]
        if head == "if":
            return "if", line, 0.4
        if head in _JUMPS or head in _HEADS:
            kind, weight = ("jump", 0.1) if head in _JUMPS else ("loop", 0.2)
        else:
            kind, weight = ("block", 0.2) if end > start and "{" in words else ("statement", 0.3)
        return kind, line, weight

    def _otherwise(self, at: int) -> Iterator[Cut]:
        """`} else { ... }`: from the else to the end of its block."""
        here = at + 1
        while here < len(self.places) and self.places[here].token.text != "{":
            here += 1
            if here - at > _FAR or (
                here < len(self.places) and self.places[here].token.text == ";"
            ):
                return
        last = self.closes.get(here)
        if last is None or at == 0 or self.places[at - 1].token.text != "}":
            return
        after = self.places[last + 1].token.text if last + 1 < len(self.places) else ""
        lines = range(self.places[at].line, self.places[last].line + 1)
        if any(line in self.untouchable for line in lines) or (here > at + 1 and after == "else"):
            return
        if here == at + 1 or after != "else":
            start, end = self.places[at - 1].token.end, self.places[last].token.end
            text = self.text[start:end]
            title = f"remove else branch at {_short(text)}"
            yield Cut(identity("branch", "", text), "branch", title, 0.4, (Edit(start, end),))


def _defined(words: list[str]) -> tuple[str, str]:
    """The name that a statement gives, if any, and the kind of what it names."""
    head = words[0]
    if head in _IMPORTS:
        named = [word for word in words if word.isidentifier() and word not in ("as", "from")]
        return named[-1] if len(named) > 1 else "", "import"
    if head in _GROUPS and words[1:2] == ["("]:
        return "", "group"
    body = words.index("{") if "{" in words else len(words)
    if not _TYPES.isdisjoint(words[:body]):
        return "", "type"
    call = words.index("(") if "(" in words[:body] else 0
    value = next((at for at, word in enumerate(words[:body]) if word in ("=", ":=")), 0)
    if value and (not call or value < call):
        declared = words[value] == ":=" or not _DECLARES.isdisjoint(words[:value])
        names = [word for word in words[:value] if word.isidentifier()]
        return (
            (names[0] if ":" in words[:value] else names[-1], "constant")
            if declared and names
            else ("", "")
        )
    if call and body < len(words) and head not in _HEADS and words[call - 1].isidentifier():
        return words[call - 1], "function"
    return "", ""


def _seen_outside(words: list[str], name: str) -> bool:
    """True if other files may use it: exported, public, an entry point."""
    return (
        not _EXPORTS.isdisjoint(words[:4])
        or name in ("main", "init", "Main")
        or name in _CALLED
        or name.startswith("__")
        or (words[0] in ("func", "const", "var", "type") and name[:1].isupper())
    )


def _short(text: str) -> str:
    return headline(_COMMENT.sub("", text), _TITLE)
