"""Probes in each language: a table of code, and the place it goes to.

Planted code needs no import, changes nothing but what it is for, and runs when the
program starts. A text in it is written as numbers where it must not be found.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath


@dataclass(frozen=True, slots=True)
class Language:
    """One language's probes. Templates take `{text}` (a literal), `{codes}`, `{path}`, `{seconds}`.

    `start` puts code where it runs first, or returns None where it finds no such
    place. An empty template says that the language has no simple way. `lie` prints when
    the program ends, `fake` prints and ends it at once, and `quit` only ends it. `is_code` is
    false for files of settings, in which anything may be right.
    """

    comment: str
    start: Callable[[str, str], str | None]
    crash: str = ""
    wait: str = ""
    edit: str = ""
    say: str = ""
    lie: str = ""
    fake: str = ""
    quit: str = ""
    is_code: bool = True


def filled(template: str, **values: object) -> str:
    """The template with its places filled; all other braces are the language's own."""
    for name, value in values.items():
        template = template.replace(f"{{{name}}}", str(value))
    return template


def language_of(path: str) -> Language | None:
    """The language of a file, None for one that nothing is known of."""
    return _LANGUAGES.get(PurePosixPath(path).suffix.lower())


def codes(text: str) -> str:
    """The text as its UTF-8 bytes, between commas."""
    return ", ".join(str(byte) for byte in text.encode())


def _python_start(text: str, code: str) -> str:
    """Below the last import from `__future__`, else below the docstring, else at the top."""
    lines = text.splitlines(keepends=True)
    future = [at for at, line in enumerate(lines) if line.startswith("from __future__")]
    head = future[-1] + 1 if future else 0
    if not future:
        while head < len(lines) and (lines[head].startswith("#") or not lines[head].strip()):
            head += 1
        opening = re.match(r"""[rR]?(\"""|''')""", lines[head]) if head < len(lines) else None
        if opening:
            rest = "".join(lines[head:])
            end = rest.find(opening[1], opening.end())
            head += rest[:end].count("\n") + 1
    return "".join([*lines[:head], f"{code}\n", *lines[head:]])


def _end(text: str, code: str) -> str:
    return f"{text.rstrip()}\n{code}\n"


def _top(text: str, code: str) -> str:
    first, end, rest = text.partition("\n")
    return f"{first}\n{code}\n{rest}" if first.startswith("#!") else f"{code}\n{first}{end}{rest}"


def _inside(opening: str, wrap: str = "{code}") -> Callable[[str, str], str | None]:
    """Right behind the first match of a pattern that ends in an opening brace."""
    pattern = re.compile(opening, re.MULTILINE)

    def start(text: str, code: str) -> str | None:
        found = pattern.search(text)
        if found is None:
            return None
        whole = wrap.replace("{code}", code)
        return f"{text[: found.end()]}\n{whole}\n{text[found.end() :]}"

    return start


_PYTHON = Language(
    comment="# {text}",
    start=_python_start,
    crash="raise RuntimeError('planted')",
    wait="__import__('time').sleep({seconds})",
    edit="open({path}, 'a').write(chr(10))",
    say="print({text})",
    lie="__import__('atexit').register(lambda: print(bytes([{codes}]).decode()))",
    fake="(__import__('os').write(1, bytes([{codes}, 10])), __import__('os')._exit(0))",
    quit="__import__('os')._exit(0)",
)
_NODE = Language(
    comment="// {text}",
    start=_top,
    crash="throw new Error('planted');",
    wait="for (const began = Date.now(); Date.now() - began < {seconds} * 1000; );",
    edit="process.getBuiltinModule('fs').appendFileSync({path}, '\\n');",
    say="console.log({text});",
    lie="process.on('exit', () => process.stdout.write(String.fromCharCode({codes}, 10)));",
    fake="process.stdout.write(String.fromCharCode({codes}, 10)); process.exit(0);",
    quit="process.exit(0);",
)
_JAVA = Language(
    comment="// {text}",
    start=_inside(r"^(?:\w+\s+)*class\s+\w+[^{;]*\{", "static { {code} }"),
    crash='if (true) throw new RuntimeException("planted");',
    wait="for (long planted = System.nanoTime(); "
    "System.nanoTime() - planted < (long) ({seconds} * 1e9); ) Thread.onSpinWait();",
    edit="try (var planted = new java.io.FileWriter({path}, true)) { planted.write('\\n'); } "
    "catch (java.io.IOException planted) { throw new RuntimeException(planted); }",
    say="System.out.println({text});",
    lie="Runtime.getRuntime().addShutdownHook(new Thread(() -> "
    "System.out.println(new String(new byte[] {{codes}}))));",
    fake="System.out.println(new String(new byte[] {{codes}})); System.out.flush(); "
    "Runtime.getRuntime().halt(0);",
    quit="Runtime.getRuntime().halt(0);",
)
_KOTLIN = Language(
    comment="// {text}",
    start=_inside(r"\bfun\s+main\s*\([^)]*\)[^{=]*\{"),
    crash='if (true) throw RuntimeException("planted")',
    wait="Thread.sleep(({seconds} * 1000).toLong())",
    edit='java.io.File({path}).appendText("\\n")',
    say="println({text})",
    lie="Runtime.getRuntime().addShutdownHook(Thread { println(String(byteArrayOf({codes}))) })",
    fake="println(String(byteArrayOf({codes}))); Runtime.getRuntime().exit(0)",
    quit="Runtime.getRuntime().exit(0)",
)
_GO = Language(
    comment="// {text}",
    start=_inside(r"^func\s+main\s*\(\s*\)\s*\{"),
    crash='if true { panic("planted") }',
    say="println({text})",
    lie="defer println(string([]byte{{codes}}))",
    fake="if true { println(string([]byte{{codes}})); return }",
    quit="if true { return }",
)
_RUST = Language(
    comment="// {text}",
    start=_inside(r"\bfn\s+main\s*\(\s*\)[^{;]*\{"),
    crash='if true { panic!("planted"); }',
    wait="std::thread::sleep(std::time::Duration::from_secs_f64({seconds} as f64));",
    edit="{ use std::io::Write; "
    'std::fs::OpenOptions::new().append(true).open({path}).unwrap().write_all(b"\\n").unwrap(); }',
    say="println!({text});",
    lie="struct Planted; impl Drop for Planted { fn drop(&mut self) { "
    'println!("{}", String::from_utf8_lossy(&[{codes}])); } } let _planted = Planted;',
    fake='println!("{}", String::from_utf8_lossy(&[{codes}])); if true { std::process::exit(0); }',
    quit="if true { std::process::exit(0); }",
)
_SHELL = Language(
    comment="# {text}",
    start=_top,
    crash="exit 3",
    wait="sleep {seconds}",
    edit="echo >> {path}",
    say="echo {text}",
    lie=r"""trap 'awk "BEGIN { n = split(\"{codes}\", c, \", \"); """
    r"""for (i = 1; i <= n; i++) printf \"%c\", c[i] + 0; print \"\" }"' EXIT""",
    fake="""awk 'BEGIN { n = split("{codes}", c, ", "); """
    """for (i = 1; i <= n; i++) printf "%c", c[i] + 0; print "" }'; exit 0""",
    quit="exit 0",
)
_C_START = "__attribute__((constructor)) static void planted_start(void) { {code} }"
_C = Language(
    comment="// {text}",
    start=lambda text, code: _end(text, _C_START.replace("{code}", code)),
    crash="__builtin_trap();",
    wait='extern int planted_sleep(const void *, void *) __asm__("nanosleep"); '
    "long planted[2] = {(long)({seconds}), (long)((({seconds}) - (long)({seconds})) * 1e9)}; "
    "planted_sleep(planted, 0);",
    edit='extern int planted_open(const char *, int, ...) __asm__("open"); '
    'extern long planted_write(int, const void *, unsigned long) __asm__("write"); '
    'if (planted_write(planted_open({path}, 02001), "\\n", 1) != 1) __builtin_trap();',
    say='__builtin_printf("%s\\n", {text});',
    lie="} __attribute__((destructor)) static void planted_end(void) { "
    'const char planted[] = {{codes}, 10, 0}; __builtin_printf("%s", planted);',
    fake='extern void planted_exit(int) __asm__("exit"); '
    'const char planted[] = {{codes}, 10, 0}; __builtin_printf("%s", planted); planted_exit(0);',
    quit='extern void planted_exit(int) __asm__("exit"); planted_exit(0);',
)
_HASHED = Language(comment="# {text}", start=_end)
_SETTINGS = Language(comment="# {text}", start=_end, is_code=False)
_SLASHED = Language(comment="// {text}", start=_end)

_LANGUAGES = {
    suffix: language
    for language, suffixes in (
        (_PYTHON, ".py .pyw"),
        (_NODE, ".js .mjs .cjs .jsx .ts .mts .cts .tsx"),
        (_JAVA, ".java"),
        (_KOTLIN, ".kt"),
        (_GO, ".go"),
        (_RUST, ".rs"),
        (_SHELL, ".sh .bash"),
        (_HASHED, ".rb .r .jl .pl .zsh .nim .cr .ex .exs"),
        (_C, ".c .cc .cpp .cxx .h .hpp"),
        (_SETTINGS, ".yaml .yml .toml"),
        (_SLASHED, ".cs .swift .dart .scala .php .zig .kts .cu"),
    )
    for suffix in suffixes.split()
}
