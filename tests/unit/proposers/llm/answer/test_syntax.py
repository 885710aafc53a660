"""A check before a run is spent says what is broken, and is never broken by what it reads."""

from __future__ import annotations

import pytest

from autoresearch_ci.source_code.syntax.check import syntax_error

DEEP = 200_000
SOUND = {
    ".py": "x = 1\n",
    ".json": "{}\n",
    ".toml": "x = 1\n",
    ".yaml": "x: 1\n",
    ".js": "f();\n",
    ".c": "f();\n",
}
PATHOLOGICAL = {
    "parentheses": "(" * DEEP + ")" * DEEP,
    "brackets": "[" * DEEP + "]" * DEEP,
    "braces": '{"a":' * DEEP + "1" + "}" * DEEP,
    "open brackets": "[" * DEEP,
    "signs": "x = " + "-" * DEEP + "1",
    "not": "x = " + "not " * DEEP + "1",
    "sum": "x = " + "1+" * DEEP + "1",
    "powers": "x = " + "1**" * DEEP + "1",
    "a large power": "x = 9**9**9**9",
    "attributes": "x = a" + ".b" * DEEP,
    "calls": "x = a" + "()" * DEEP,
    "subscripts": "x = a" + "[0]" * DEEP,
    "lambdas": "x = " + "lambda:" * DEEP + "1",
    "conditions": "x = " + "1 if 1 else " * DEEP + "1",
    "elif": "if x:\n  pass\n" + "elif x:\n  pass\n" * 20_000,
    "blocks": "".join(" " * n + "if x:\n" for n in range(1500)) + " " * 1500 + "pass\n",
    "decorators": "@a\n" * 20_000 + "def f(): pass\n",
    "digits": "x = " + "9" * DEEP,
    "a list of lists in YAML": "- " * DEEP + "1",
    "aliases": "a: &a [1]\n" + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(5000)),
    "dotted keys": "a" + ".a" * DEEP + " = 1",
    "a string": "x = '" + "a" * DEEP,
    "comment": "/*" * DEEP,
    "surrogate": "x = '\ud800'",
    "NUL": "x = '\0'",
    "form feeds": "\f" * DEEP,
}


@pytest.mark.long
@pytest.mark.parametrize("suffix", SOUND)
@pytest.mark.parametrize("name", PATHOLOGICAL)
def test_a_pathological_source_is_answered(suffix, name):
    """However deep or long a source is, the check ends with a sentence or without one."""
    error = syntax_error(f"x{suffix}", SOUND[suffix], PATHOLOGICAL[name])
    assert error is None or error.strip()


@pytest.mark.parametrize(
    ("path", "old", "broken"),
    [
        ("a.py", "x = 1\n", "x = (1\n"),
        ("a.json", "[1]", "[1"),
        ("a.toml", "x = 1\n", "x = \n"),
        ("a.yml", "x: [1]\n", "x: [1\n"),
        ("a.ts", "f(1);\n", "f(1;\n"),
        ("a.rs", "fn f<'a>(x: &'a str) {}\n", "fn f<'a>(x: &'a str) {\n"),
        ("a.css", "a { b: c }\n", "a { b: c \n"),
    ],
)
def test_what_breaks_a_sound_file_is_said(path, old, broken):
    """What does not read as its language is found without a run, and the line is named."""
    assert syntax_error(path, old, broken)
    assert syntax_error(path, old, old) is None


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("a.py", "print 'Python 2'\n", "print 'still'\n"),
        ("tsconfig.json", '{"a": 1} // why\n', '{"a": 2} // why\n'),
        ("chart.yaml", "a: {{ .Values.a }}: b\n", "a: {{ .Values.b }}: c\n"),
        ("a.h", "#if A\nvoid f() {\n#else\nvoid g() {\n#endif\n}\n", "#if A\nvoid f() {\n#endif\n"),
        ("a.js", "f();\n", "return <p>don't)</p>;\n"),
        ("a.txt", "text\n", "text :(\n"),
        ("Makefile", "a:\n", "a: (\n"),
    ],
)
def test_a_dialect_that_a_check_does_not_know_is_left_alone(path, old, new):
    """A file that was not sound by a check before is not held to it, nor is an unknown language."""
    assert syntax_error(path, old, new) is None
