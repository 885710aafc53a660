"""Broken versions of a target, as mutation testing has them: one that crashes, one that does less.

Both change what the program does and nothing about the way it is built: an early exit keeps
every import and variable in use, so that no compiler and no linter notices what no test does.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from autoresearch_ci.source_code.syntax import Kind, spans

CRASH, EMPTIED = "a crash at its start", "an emptied function"


@dataclass(frozen=True, slots=True)
class _Function:
    """`body` is where its first statement goes, `size` how many characters it has."""

    name: str
    type: str
    body: int
    size: int


@dataclass(frozen=True, slots=True)
class Language:
    """`header` ends in the opening brace. `leave` is the early return for a result's type.

    `crash` is a statement; where there is no `main`, it goes to the file's top if `at_top`, else
    into the largest function.
    """

    header: re.Pattern[str]
    crash: str
    leave: Callable[[str], str]
    at_top: bool = False


def crashing(path: str, text: str) -> str:
    """The target with a crash where it starts; empty where nobody knows how to write one."""
    suffix = _suffix(path)
    if suffix in _PYTHON:
        return _python_top(text, "raise RuntimeError('planted')")
    language = language_of(path)
    if language is None:
        return ""
    functions = list(_functions(path, text, language))
    main = next((each for each in functions if each.name == "main"), None)
    if main is None and language.at_top:
        end = _TOP.match(text)
        return _put(text, end.end() if end else 0, f"{language.crash}\n")
    where = main or max(functions, key=lambda each: each.size, default=None)
    return _put(text, where.body, f" {language.crash}") if where else ""


def emptied(path: str, text: str) -> tuple[str, str]:
    """The target whose largest function returns at once, and the function's name; or nothing."""
    suffix = _suffix(path)
    if suffix in _PYTHON:
        return _python_emptied(text)
    language = language_of(path)
    if language is None:
        return "", ""
    functions = [each for each in _functions(path, text, language) if language.leave(each.type)]
    if not functions:
        return "", ""
    largest = max(functions, key=lambda each: each.size)
    return _put(text, largest.body, f" {language.leave(largest.type)}"), largest.name


def language_of(path: str) -> Language | None:
    """The way to write a mutant in a language of braces, or a shell's; None for every other."""
    return _LANGUAGES.get(_suffix(path))


def _suffix(path: str) -> str:
    return PurePosixPath(path.replace("\\", "/")).suffix.lower()


def _put(text: str, at: int, code: str) -> str:
    return f"{text[:at]}{code}{text[at:]}"


def _parsed(text: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _python_top(text: str, code: str) -> str:
    """Before the first statement that is no docstring and no import."""
    tree = _parsed(text)
    if tree is None:
        return ""
    first = next((node for node in tree.body if not _is_head(node)), None)
    decorators = getattr(first, "decorator_list", [])
    line = min([first.lineno, *(each.lineno for each in decorators)]) if first else None
    lines = text.splitlines(keepends=True)
    at = len(lines) if line is None else line - 1
    return "".join([*lines[:at], f"{code}\n", *lines[at:]])


def _is_head(node: ast.stmt) -> bool:
    text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return text or isinstance(node, ast.Import | ast.ImportFrom)


def _python_emptied(text: str) -> tuple[str, str]:
    tree = _parsed(text)
    found = [
        node
        for node in (ast.walk(tree) if tree else ())
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name != "__init__"
        and node.body[0].lineno > node.lineno
    ]
    if not found:
        return "", ""
    largest = max(found, key=lambda node: (node.end_lineno or 0) - node.lineno)
    first = largest.body[0]
    decorators = getattr(first, "decorator_list", [])
    line = min([first.lineno, *(each.lineno for each in decorators)]) - 1
    lines = text.splitlines(keepends=True)
    indent = lines[line][: len(lines[line]) - len(lines[line].lstrip())]
    return "".join([*lines[:line], f"{indent}return None\n", *lines[line:]]), largest.name


def _functions(path: str, text: str, language: Language) -> Iterator[_Function]:
    code = code_of(path, text)
    ends = closes(code)
    for found in language.header.finditer(code):
        body = found.end()
        groups = found.groupdict()
        name = groups.get("name") or groups.get("other") or groups.get("arrow") or ""
        if name not in _NO_NAMES and body - 1 in ends:
            yield _Function(name, (groups.get("type") or "").strip(), body, ends[body - 1] - body)


def code_of(path: str, text: str) -> str:
    """The text with its strings and comments blanked out; every place is where it was."""
    parts, done = [], 0
    for kind, start, end in spans(path, text):
        parts += [text[done:start], _blank(text[start:end]) if kind in _SAID else text[start:end]]
        done = end
    return "".join([*parts, text[done:]])


def _blank(text: str) -> str:
    return "".join(c if c in "\r\n" else " " for c in text)


def closes(code: str) -> dict[int, int]:
    """The end of the block that each brace opens."""
    open_at: list[int] = []
    found: dict[int, int] = {}
    for mark in re.finditer(r"[{}]", code):
        if mark[0] == "{":
            open_at.append(mark.start())
        elif open_at:
            found[open_at.pop()] = mark.start()
    return found


def _go(result: str) -> str:
    """A zero of any type is what a new variable of it holds; named results need none."""
    inner = result.removeprefix("(").removesuffix(")").strip()
    if not inner or (result.startswith("(") and re.match(r"\w+\s+\S|\w+,\s*\w+\s+\S", inner)):
        return "if true { return }"
    if re.search(r"[()]", inner):
        return ""
    zeros = ", ".join(f"*new({each.strip()})" for each in inner.split(","))
    return f"if true {{ return {zeros} }}"


def _rust(result: str) -> str:
    if not result:
        return "if true { return; }"
    known = re.fullmatch(
        r"[iu](?:8|16|32|64|128|size)|f32|f64|bool|String|Option<.*>|Vec<.*>", result
    )
    return "if true { return Default::default(); }" if known else ""


def _java(result: str) -> str:
    word = result.rsplit(maxsplit=1)[-1] if result else ""
    zeros = {"void": "", "boolean": "false"} | dict.fromkeys(
        ("byte", "short", "int", "long", "char", "float", "double"), "0"
    )
    if word in _NO_TYPES:
        return ""
    return f"if (true) return {zeros.get(word, 'null')};".replace("return ;", "return;")


def _c(result: str) -> str:
    words = result.replace("*", " * ").split()
    if not words or not _NO_TYPES.isdisjoint(words):
        return ""
    if words[-1] == "void":
        return "return;"
    plain = words[-1] == "*" or re.fullmatch(
        r"int|long|short|char|unsigned|signed|float|double|bool|_Bool|\w+_t", words[-1]
    )
    return "return 0;" if plain else ""


def _only_void(code: str) -> Callable[[str], str]:
    return lambda result: code if result in ("", "void") else ""


_PYTHON = frozenset({".py", ".pyw"})
_SAID = (Kind.STRING, Kind.COMMENT, Kind.DOC)
_NO_NAMES = frozenset(
    ("if", "for", "while", "switch", "catch", "match", "return", "with", "constructor", "function")
)
_NO_TYPES = frozenset(
    ("new", "return", "else", "throw", "typedef", "struct", "union", "class", "enum")
)
# `#!` and the directives that a script begins with.
_TOP = re.compile(r"(?:#![^\n]*\n)?(?:\s*([\"'])use \w+\1;?[ \t]*\n?)*")
_ARGS = r"\((?:[^(){};]|\([^(){};]{0,200}\)){0,300}\)"

_GO = Language(
    re.compile(
        rf"^func\s*(?:\([^()\n]*\)\s*)?(?P<name>\w+)(?:\[[^\]\n]*\])?\s*{_ARGS}[ \t]*"
        r"(?P<type>[^{\n]{0,200}?)[ \t]*\{(?=[ \t]*$)",
        re.MULTILINE,
    ),
    'if true { panic("planted") }',
    _go,
)
# Of TypeScript's generics three levels: `<T extends Record<string, Array<U>>>`.
_TYPES = r"(?:<(?:[^<>(){};]|<(?:[^<>(){};]|<[^<>(){};]{0,80}>){0,100}>){0,200}>)?"
# Arguments that are taken apart, too: `({ name, size })`.
_JS_ARGS = r"\((?:[^(){};]|\([^(){};]{0,200}\)|\{[^(){}]{0,200}\}){0,300}\)"
# Possessive: a text that was blanked out is a long stretch of white space, and is gone over once.
_JS_HEAD = rf"\s*+{_TYPES}\s*+{_JS_ARGS}\s*+(?::[^{{}};=]{{1,100}})?"
_JS = Language(
    re.compile(
        rf"\bfunction\b\s*+\*?\s*+(?P<name>[\w$]*){_JS_HEAD}\{{"
        r"|^[ \t]*(?:(?:async|static|public|private|protected)\s+)*"
        rf"(?P<other>[\w$]+){_JS_HEAD}\{{"
        rf"|\b(?P<arrow>[\w$]+)\s*+(?::[^=;{{}}]{{1,100}})?=\s*+(?:async\s*+)?{_JS_HEAD}=>\s*\{{",
        re.MULTILINE,
    ),
    'if (Date.now()) throw new Error("planted");',
    lambda _result: "if (Date.now()) return;",
    at_top=True,
)
_TS = Language(
    _JS.header,
    _JS.crash,
    lambda _result: "if (Date.now()) return undefined as never;",
    at_top=True,
)
_C = Language(
    re.compile(
        rf"^(?P<type>[A-Za-z_][\w \t*]{{0,80}}?[ \t*])(?P<name>[A-Za-z_]\w*)\s*{_ARGS}\s*\{{",
        re.MULTILINE,
    ),
    "__builtin_trap();",
    _c,
)
_JAVA = Language(
    re.compile(
        r"^[ \t]*(?:(?:public|private|protected|static|final|synchronized)\s+)+"
        rf"(?P<type>[\w.<>\[\], ?]{{1,80}}?)\s+(?P<name>\w+)\s*{_ARGS}\s*"
        r"(?:throws\s[\w.,\s]{1,200})?\{",
        re.MULTILINE,
    ),
    'if (true) throw new RuntimeException("planted");',
    _java,
)
_KOTLIN = Language(
    re.compile(
        rf"\bfun\s+(?:<[^<>]*>\s*)?(?:[\w<>]+\.)?(?P<name>\w+)\s*{_ARGS}\s*(?P<type>:[^{{}}=\n]*)?\{{"
    ),
    'if (true) throw RuntimeException("planted")',
    _only_void("if (true) return"),
)
_RUST = Language(
    re.compile(
        rf"(?<!const )\bfn\s+(?P<name>\w+)(?:<[^{{}};()]*>)?\s*{_ARGS}\s*(?:->\s*"
        r"(?P<type>[^{};]{1,120}?))?\s*\{"
    ),
    'if true { panic!("planted"); }',
    _rust,
)
_DART = Language(
    re.compile(
        rf"^[ \t]*(?P<type>void|Future<void>)\s+(?P<name>\w+)\s*{_ARGS}\s*(?:async\s*)?\{{",
        re.MULTILINE,
    ),
    "if (DateTime.now().year > 0) throw 'planted';",
    lambda _result: "if (DateTime.now().year > 0) return;",
)
_SHELL = Language(
    re.compile(r"^[ \t]*(?:function\s+)?(?P<name>[\w-]+)\s*\(\)\s*\{", re.MULTILINE),
    "exit 3",
    lambda _result: "return 0\n",
    at_top=True,
)
_LANGUAGES = {
    suffix: language
    for language, suffixes in (
        (_GO, ".go"),
        (_JS, ".js .mjs .cjs .jsx"),
        (_TS, ".ts .mts .cts .tsx"),
        (_C, ".c .cc .cpp .cxx .cu"),
        (_JAVA, ".java"),
        (_KOTLIN, ".kt"),
        (_RUST, ".rs"),
        (_DART, ".dart"),
        (_SHELL, ".sh .bash"),
    )
    for suffix in suffixes.split()
}
