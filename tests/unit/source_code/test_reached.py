"""A crash is planted in each block that a deletion would take, wherever the language puts it."""

from __future__ import annotations

import ast

import pytest

from autoresearch_ci.source_code.reached import MOST, crashes

PYTHON = '''\
import os


@cache
def load(path, strict=True):
    """Read it."""
    if not os.path.exists(path):
        return {}
    if strict: return 1
    try:
        text = read(path)
    except OSError as error:
        print(error)
        raise
    for line in text:
        if not line:
            continue
        use(line)
    if text:
        text = text.strip()
    return text
'''


def without(text, *lines):
    """The text without these lines, from 1."""
    return "".join(
        line for at, line in enumerate(text.splitlines(keepends=True), 1) if at not in lines
    )


def planted(text, crashed):
    """The lines before which there is a crash."""
    old, new = text.splitlines(), crashed.splitlines()
    return next(n for n, (a, b) in enumerate(zip([*old, ""], new, strict=False), 1) if a != b)


@pytest.mark.parametrize(
    ("gone", "lines"),
    [
        ((7, 8), [8]),  # the body of the if, and not its condition
        ((9,), [9]),
        ((15, 16, 17, 18), [17]),  # the innermost block
        ((11,), [11]),
        ((4,), [6]),  # a decorator is of its function
        ((10, 11, 12, 13, 14), [11, 13]),
        ((1,), [1]),
    ],
)
def test_python(gone, lines):
    """The innermost blocks that go; else the statement."""
    found = crashes("a.py", PYTHON, without(PYTHON, *gone))
    assert [planted(PYTHON, each) for each in found] == lines
    for each in found:
        ast.parse(each)


def test_a_handler_has_to_be_seen_where_the_try_goes():
    """`try` is taken away and its body stays: the handler is what goes."""
    flat = without(PYTHON, 10, 12, 13, 14).replace("        text = read", "    text = read")
    (found,) = crashes("a.py", PYTHON, flat)
    assert planted(PYTHON, found) == 13


def test_too_many_blocks_are_not_looked_at():
    """Each costs a run and a guard."""
    many = "def f(x):\n" + "".join(f"    if x == {n}:\n        g({n})\n" for n in range(MOST + 1))
    assert crashes("a.py", many + "h()\n", "h()\n") == ()


JS = """\
const fs = require("fs");
function main(args) {
  if (args.length < 1) {
    usage();
  }
  if (!args[0]) usage();
  const o = {
    a: 1,
  };
  switch (args[0]) {
    case "a": break;
  }
  if (args[1]) {
    return { a: 1 };
  } else {
    log("other");
  }
  args.forEach((x) => {
    log(x);
  });
}
"""


@pytest.mark.parametrize(
    ("gone", "planted"),
    [
        ((3, 4, 5), ['  if (args.length < 1) { if (Date.now()) throw new Error("planted");\n    usage();']),
        ((6,), ['if (!args[0]) { if (Date.now()) throw new Error("planted");  usage();\n}']),
        ((7, 8, 9), ['if (Date.now()) throw new Error("planted");\n  const o = {']),
        ((10, 11, 12), ['planted");\n  switch (args[0]) {']),
        ((13, 14, 15, 16, 17), ["if (args[1]) { if (Date", "else { if (Date"]),
        ((18, 19, 20), ["=> { if (Date"]),
        ((1,), ['if (Date.now()) throw new Error("planted");\nconst fs']),
    ],
)  # fmt: skip
def test_braces(gone, planted):
    """Blocks of statements, and no object's or switch's braces."""
    found = crashes("a.js", JS, without(JS, *gone))
    assert len(found) == len(planted)
    for text, part in zip(found, planted, strict=True):
        assert part in text


@pytest.mark.parametrize(
    ("path", "text", "gone", "parts"),
    [
        ("a.go", "func f(a int) (int, error) {\n\tif a < 0 {\n\t\treturn 0, bad\n\t}\n\treturn a, nil\n}\n",
         (2, 3, 4), ['if a < 0 { if true { panic("planted") }']),
        ("a.go", "package a\n\nvar x = g()\n", (3,), []),
        ("a.go", "func f() {\n\tx := T{\n\t\tA: 1,\n\t}\n\tuse(x)\n}\n", (2, 3, 4), ['planted") }\n\tx := T{']),
        ("a.rs", "fn f(a: u8) -> u8 {\n    if a > 3 {\n        panic!();\n    }\n    a\n}\n", (2, 3, 4),
         ["if a > 3 { if true"]),
        ("a.rs", "fn f(a: u8) {\n    match a {\n        1 => {\n            g();\n        }\n        _ => {}\n    }\n}\n",
         (2, 3, 4, 5, 6, 7), ["1 => { if true", "_ => { if true"]),
        ("a.c", "int main(int n, char **v) {\n    if (n < 2)\n        usage();\n    return 0;\n}\n", (2, 3),
         ["if (n < 2) { __builtin_trap(); \n        usage();\n}"]),
        ("a.c", "static int a[] = {\n    1,\n};\n", (1, 2, 3), []),
        ("A.java", "class A {\n  void f() {\n    run(new R() {\n      public void r() {\n        g();\n      }\n    });\n  }\n}\n",
         (3, 4, 5, 6, 7), ["public void r() { if (true) throw"]),
        ("A.java", "class A {\n  static final int B = 1;\n  void f() {}\n}\n", (2,), []),
        ("a.ts", "class A {\n  f(x: T): string {\n    return g(x);\n  }\n}\n", (2, 3, 4), ["string { if (Date"]),
        ("a.css", "a { b: c }\n", (1,), []),
    ],
)  # fmt: skip
def test_languages(path, text, gone, parts):
    """None outside of functions where no statement can stand."""
    found = crashes(path, text, without(text, *gone))
    assert len(found) == len(parts)
    for each, part in zip(found, parts, strict=True):
        assert part in each


@pytest.mark.parametrize("path", ["a.py", "a.js", "a.c"])
@pytest.mark.parametrize("text", ["", "(", "\0", "\ufeffx = 1", "}{" * 50, "if (", "def f(:\n"])
def test_no_text_is_too_odd(path, text):
    """What cannot be read has no crash, and raises nothing."""
    crashes(path, text, "")
    crashes(path, text, text)
