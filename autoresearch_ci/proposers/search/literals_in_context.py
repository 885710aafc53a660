"""Literals in their context: their name in the code, and their part in it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from autoresearch_ci.proposers.search.names import word_set
from autoresearch_ci.source_code.syntax import Kind, Token

# Words that end a name's reach in most languages: never the name of anything.
KEYWORDS = word_set(
    "if elif else for while do switch case match when try except catch finally with return yield"
    " and or not in is new await async lambda def class struct enum fn func fun function import"
    " from const let var val final static public private protected int float double bool void"
    " unsigned long short char auto assert raise throw throws unless until loop mut pub echo"
)
_TRUTHS = frozenset({"True", "False", "true", "false"})
_LIMIT = 60
_LINE_END = re.compile(r"\r\n|\r|\n")
_ASSIGN = frozenset({"=", ":=", "?=", "<-", "<<-"})
_COMPARE = frozenset({"==", "!=", "===", "!==", "<", ">", "<=", ">="})
_OPENERS = {"(": ")", "[": "]", "{": "}"}
_CLOSERS = frozenset(")]}")
_OPTION = re.compile(r"""^[rbuf]?['"`]-{0,2}([A-Za-z][\w.-]*)['"`]$""")
_OPTION_CALLS = re.compile(
    r"add_argument|option|flag|getenv|get|env|param|setting|config|setdefault|Float|Int|Duration",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Site:
    """One number, word or string where it stands.

    `role` is constant, local, key, keyword, option, directive, argument, element,
    compare, return or expression. `sign` is the token index of a minus sign in
    front, or -1. `operator` is the mark in front, in an expression.
    """

    index: int
    name: str
    role: str
    scope: tuple[str, ...]
    line: int
    sign: int = -1
    operator: str = ""
    callee: str = ""

    @property
    def identity(self) -> str:
        """The name that stays while the code around it changes."""
        name = self.name or self.callee or "value"
        return ".".join([*self.scope[-3:], name])[-_LIMIT:]


@dataclass(slots=True)
class _Frame:
    """An open bracket: whose it is, and the tokens of its current element."""

    opener: str
    owner: str = ""
    callee: str = ""
    option: str = ""
    indexing: bool = False
    declares: bool = False
    position: int = 0
    items: list[int] = field(default_factory=list)


def sites(tokens: Sequence[Token], *, words: bool, members: Collection[str] = ()) -> Iterator[Site]:
    """Every number, string, truth and member of something, in order; every other word on demand.

    `members` are names that stand for a member by themselves.
    """
    yield from _Reader(tokens, words=words, members=members).read()


class _Reader:
    """One pass over the tokens that keeps the open brackets and the named blocks."""

    def __init__(self, tokens: Sequence[Token], *, words: bool, members: Collection[str]) -> None:
        self.tokens = tokens
        self.words = words
        self.members = members
        self.bullet, self.list_at = -1, (-1, 0)
        self.frames = [_Frame("")]
        self.blocks: list[tuple[int, str]] = []
        self.line = 0

    def read(self) -> Iterator[Site]:
        fresh, indent = True, 0
        for index, token in enumerate(self.tokens):
            kind = token.kind
            if kind is Kind.NEWLINE:
                fresh, indent = True, 0
                self.line += 1
                continue
            if kind is Kind.SPACE:
                indent = len(token.text) if fresh else indent
                continue
            if kind is Kind.COMMENT or kind is Kind.DOC:
                self.line += len(_LINE_END.findall(token.text))
                continue
            if fresh:
                fresh = False
                self._first_on_line(index, indent)
            yield from self._token(index, token)
            if kind is Kind.STRING:
                self.line += len(_LINE_END.findall(token.text))

    def _token(self, index: int, token: Token) -> Iterator[Site]:
        frame = self.frames[-1]
        text = token.text
        if index == self.bullet:
            return
        if self.words and not frame.opener and self._is_set(index):
            frame.items.clear()  # `export A=1 B=2`
        if token.kind is Kind.MARK:
            if text in _OPENERS:
                self._open(index, text)
                return
            if text in _CLOSERS:
                self._close()
                return
            if text in ",;":
                frame.items.clear()
                frame.position += text == ","
                return
        elif token.kind is not Kind.NAME or self._may_be_value(index, text):
            site = self._site(index, frame)
            if site is not None:
                yield site
            if token.kind is Kind.STRING and not frame.option and frame.opener == "(":
                option = _OPTION.match(text)
                frame.option = option.group(1) if option else ""
        frame.items.append(index)

    def _may_be_value(self, index: int, text: str) -> bool:
        """True for a name that could be the whole of a value."""
        if self.words:
            return text not in KEYWORDS
        after = self.tokens[index + 1].text if index + 1 < len(self.tokens) else ""
        if after == ":":
            after += self.tokens[index + 2].text if index + 2 < len(self.tokens) else ""
        member = after in (".", "::") and text[:1].isupper()
        return text in _TRUTHS or member or text in self.members

    def _first_on_line(self, index: int, indent: int) -> None:
        frame = self.frames[-1]
        if frame.opener == "{" or not frame.opener or frame.declares:
            frame.items.clear()
            frame.option = ""
        if not frame.opener:
            item = self._is_item(index)
            while self.blocks and self.blocks[-1][0] >= indent + item:
                self.blocks.pop()
            self._begin_item(index, indent, item=item)
            name = self._block_name(index)
            if name:
                self.blocks.append((indent, name))

    def _is_set(self, index: int) -> bool:
        """True for the name of `NAME=` in a shell, where a space is before it and none after."""
        around = [*self.tokens[max(0, index - 1) : index + 2], None, None][:3]
        before, name, after = around
        named = before and name and after and before.kind is Kind.SPACE and name.kind is Kind.NAME
        return bool(named and after and after.text == "=")

    def _is_item(self, index: int) -> bool:
        """True for the dash of an item in a list of YAML."""
        after = self.tokens[index + 1 : index + 2]
        dash = self.words and self.tokens[index].text == "-"
        return dash and bool(after) and after[0].kind is Kind.SPACE

    def _begin_item(self, index: int, indent: int, *, item: bool) -> None:
        """Give an item the name of its list and its place in it."""
        frame = self.frames[-1]
        self.bullet = index if item else -1
        frame.owner, frame.position = "", 0
        if item and self.blocks:
            here, place = self.list_at
            frame.owner, frame.position = self.blocks[-1][1], place if here == indent else 0
            self.list_at = (indent, frame.position + 1)
        elif not item and indent <= self.list_at[0]:
            self.list_at = (-1, 0)

    def _block_name(self, index: int) -> str:
        """The name that a line opens an indented block for: `def f(`, `class A:`, `key:`."""
        words = self.tokens[index : index + 9]
        texts = [token.text for token in words if token.kind not in (Kind.SPACE, Kind.COMMENT)]
        if texts[0] == "async":
            texts = texts[1:]
        if len(texts) > 1 and texts[0] in ("def", "class"):
            return texts[1]
        if len(texts) > 1 and texts[0] == "[" and texts[1].isidentifier():
            return texts[1]
        ended = [token.kind is Kind.NEWLINE for token in words]
        if True in ended:
            line = [
                token.text
                for token in words[: ended.index(True)]
                if token.kind not in (Kind.SPACE, Kind.COMMENT)
            ]
            if line[1:] == [":"] and line[0].isidentifier():
                return "" if line[0] in KEYWORDS else line[0]
        return ""

    def _open(self, index: int, text: str) -> None:
        frame = self.frames[-1]
        before = self.tokens[frame.items[-1]] if frame.items else None
        named = before is not None and before.kind is Kind.NAME
        callee = before.text if named and before is not None else ""
        closed = before is not None and before.text in ("]", ")")
        string = before is not None and before.kind is Kind.STRING
        owner = self._assigned(frame) or frame.owner
        if text == "{":
            owner = self._assigned(frame) or self._headed(frame) or frame.owner
        frame.items.append(index)
        glued = index > 0 and self.tokens[index - 1].kind is not Kind.SPACE
        indexing = (
            text == "[" and glued and ((named and callee not in KEYWORDS) or closed or string)
        )
        # Go's `var (`: a line each, as at the top.
        declares = text == "(" and callee in ("var", "const")
        if callee in KEYWORDS or text != "(":
            callee = ""
        self.frames.append(_Frame(text, owner, callee, indexing=indexing, declares=declares))

    def _close(self) -> None:
        closed = self.frames.pop() if len(self.frames) > 1 else self.frames[0]
        frame = self.frames[-1]
        if closed.opener == "{":
            frame.items.clear()
        elif closed.opener:
            # A closed group stands for itself: its opener is already an item.
            frame.items.append(frame.items[-1] if frame.items else 0)

    def _headed(self, frame: _Frame) -> str:
        """The name of a block: `int f(...) {`, `class A {`, `.button {`."""
        tokens = self.tokens
        items = frame.items
        for at, item in enumerate(items):
            if tokens[item].text == "(" and at and tokens[items[at - 1]].kind is Kind.NAME:
                name = tokens[items[at - 1]].text
                return "" if name in KEYWORDS else name
        names = [tokens[item].text for item in items if tokens[item].kind is Kind.NAME]
        return names[-1] if names and names[-1] not in KEYWORDS else ""

    def _assigned(self, frame: _Frame) -> str:
        """The name that the current element gives its value to, or nothing."""
        tokens, items = self.tokens, frame.items
        for at, item in enumerate(items):
            text = tokens[item].text
            if text in _ASSIGN:
                return self._target(items[:at])
            if text == ":" and at and "?" not in (tokens[i].text for i in items[:at]):
                later = any(tokens[i].text in _ASSIGN for i in items[at:])
                return self._target(items[:at]) if later else self._key(items[:at])
        return ""

    def _target(self, items: list[int]) -> str:
        tokens = self.tokens
        colon = next((at for at, i in enumerate(items) if tokens[i].text == ":"), len(items))
        names = [i for i in items[:colon] if tokens[i].kind is Kind.NAME]
        if items and tokens[items[-1]].text == "[":
            inside = tokens[items[-1] + 1]
            if inside.kind is Kind.STRING:
                return inside.text.strip("'\"`")
        if not names:
            return self._key(items)
        dashed = self._key(items[:colon])
        return dashed if "-" in dashed else tokens[names[-1]].text

    def _key(self, items: list[int]) -> str:
        """The key that ends here, dashes included."""
        tokens = self.tokens
        parts: list[str] = []
        end = -1
        for item in reversed(items):
            token = tokens[item]
            if end >= 0 and token.end != end:
                break
            if token.kind is Kind.STRING and not parts:
                return token.text.strip("'\"`")[:40]
            if token.kind is not Kind.NAME and token.text not in ("-", "."):
                break
            parts.append(token.text)
            end = token.start
        name = "".join(reversed(parts)).lstrip("-.")
        return "" if name in KEYWORDS else name

    def _site(self, index: int, frame: _Frame) -> Site | None:
        if any(f.indexing for f in self.frames):
            return None
        tokens, items = self.tokens, frame.items
        at = len(items)
        sign = -1
        if at and tokens[items[-1]].text == "-" and self._unary(items):
            sign, at = items[-1], at - 1
        before = tokens[items[at - 1]] if at else None
        name, role = self._place(frame, items[:at], before)
        scope = [name for _, name in self.blocks]
        for inner in self.frames[1:]:
            part = inner.callee or inner.owner
            if part and part not in scope and part not in KEYWORDS:
                scope.append(part)
        if scope and scope[-1] == name.partition("[")[0]:
            scope.pop()
        operator = before.text if role == "expression" and before is not None else ""
        callee = next((f.callee for f in reversed(self.frames) if f.callee), "")
        return Site(index, name, role, tuple(scope), self.line, sign, operator, callee)

    def _unary(self, items: list[int]) -> bool:
        """True if the minus that ends these items is a sign and no subtraction."""
        if not items[:-1]:
            return bool(self.frames[-1].opener or self.frames[-1].owner)
        if self._falls_back(items):
            return False
        before = self.tokens[items[-2]]
        return before.text in KEYWORDS or (
            before.kind is Kind.MARK and before.text not in ("(", "[", "{")
        )

    def _falls_back(self, items: list[int]) -> bool:
        """True after `${NAME:-` of a shell."""
        texts = [self.tokens[item].text for item in items[-2:]]
        at = 3 if texts == [":", "-"] else 2
        if texts[-1:] != ["-"] or len(items) < at:
            return False
        name = items[-at]
        return name > 0 and self.tokens[name - 1].text.endswith("{")

    def _place(self, frame: _Frame, items: list[int], before: Token | None) -> tuple[str, str]:
        """The name and the role of what stands after these items."""
        if self.words and self._falls_back(items):
            name = items[-3] if self.tokens[items[-2]].text == ":" else items[-2]
            return self.tokens[name].text, "constant"
        assigned = self._assigned(frame)
        owner = assigned or frame.owner
        if before is None:
            return self._first_place(frame)
        text = before.text
        if text in _ASSIGN:
            return self._assigned_place(frame, assigned)
        if text == ":" and "?" not in (self.tokens[i].text for i in items):
            return assigned, "key"
        if text in _COMPARE:
            return self._key(items[:-1]) or owner, "compare"
        role = "expression"
        if text == "return":
            owner, role = self.blocks[-1][1] if self.blocks else frame.owner, "return"
        elif before.kind is Kind.NAME and text not in KEYWORDS and self._heads(items):
            owner, role = text, "directive"
        return owner or frame.callee, role

    def _first_place(self, frame: _Frame) -> tuple[str, str]:
        """Of the first thing in an element: an argument, or an item of a list."""
        if frame.callee and frame.callee not in KEYWORDS:
            if frame.option and _OPTION_CALLS.search(frame.callee):
                return frame.option, "option"
            return frame.callee + (f"({frame.position})" if frame.position else ""), "argument"
        return (
            (f"{frame.owner}[{frame.position}]", "element") if frame.owner else ("", "expression")
        )

    def _assigned_place(self, frame: _Frame, assigned: str) -> tuple[str, str]:
        if frame.opener == "(":
            if assigned == "default" and frame.option:
                return frame.option, "option"
            return assigned, "keyword"
        shouted = assigned.isupper() and len(assigned) > 1
        top = not self.blocks and len(self.frames) == 1
        return assigned, "constant" if shouted or top else "local"

    def _heads(self, items: list[int]) -> bool:
        """True if a word and a value are all there is: `ENV A 1`, `--lr 0.1`, `workers 4`."""
        first = self.tokens[items[0]].text
        dashes = [self.tokens[i].text for i in items[-2:-1]]
        return len(items) == 1 or first in ("#", "ENV", "ARG") or dashes in (["-"], ["--"])
