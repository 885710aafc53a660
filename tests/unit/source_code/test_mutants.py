"""Broken versions of a target: a function is found however its language writes it."""

from __future__ import annotations

import time

import pytest

from autoresearch_ci.source_code.mutants import crashing, emptied

BODY = " {\n  const a = 1;\n  return a;\n}\n"


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (
            "export default function mitt<E extends Record<T, unknown>>(\n  all?: M<E>\n): R<E>",
            "mitt",
        ),
        ("  on<K extends keyof E>(type: K, handler: H)", "on"),
        ("export default function (a)", ""),
        ("export function App({ name, size = 3 })", "App"),
        ("export const f = async <T,>(x: T): Promise<T> =>", "f"),
        ("const g: Handler<T> = ({ a }, b) =>", "g"),
        ("const h = (x) =>", "h"),
        ("function* walk(node)", "walk"),
        ("  static of(x: number): Box", "of"),
    ],
)
def test_functions_of_typescript(header, name):
    """Generics, arguments that are taken apart, arrows and functions without a name."""
    broken, found = emptied("a.ts", header + BODY)
    assert "return undefined as never;" in broken
    assert found == name


def test_a_long_text_is_gone_over_once():
    """A prompt of many kilobytes in a string costs milliseconds, and not minutes."""
    prompt = "words of a prompt\n" * 3000
    text = f"const PROMPT = `{prompt}`;\nexport function f(a) {BODY.strip()}\n"
    began = time.process_time()
    assert emptied("a.ts", text)[1] == "f"
    assert time.process_time() - began < 5  # it took hours


@pytest.mark.parametrize(
    "line", ["if (a < b && c(d))", "for (const x of y)", "while (f(x))", "switch (x)"]
)
def test_statements_are_no_functions(line):
    """A block of a statement is not taken for a function's."""
    assert emptied("a.ts", line + BODY) == ("", "")


def test_functions_of_kotlin():
    """With generics and without."""
    for header in ("fun <T> show(x: T)", "fun show(x: Int)"):
        assert emptied("a.kt", header + " {\n  println(x)\n}\n")[1] == "show"
        assert "planted" in crashing("a.kt", header + " {\n  println(x)\n}\n")
