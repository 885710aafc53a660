import io
import textwrap
import time
import tokenize
from pathlib import Path

import hypothesis
import pytest
from hypothesis import strategies as st

from autoresearch_ci.source_code.syntax import Kind, code_lines, spans, tokens

# Names of every way to read: a grammar of ours, a lexer of pygments, nothing at all.
NAMES = [
    "a.py",
    "a.js",
    "a.ts",
    "a.java",
    "a.kt",
    "a.go",
    "a.rs",
    "a.c",
    "a.cpp",
    "a.dart",
    "a.css",
    "a.scss",
    "a.json",
    "a.cs",
    "a.swift",
    "a.yml",
    "a.toml",
    "a.sh",
    "a.rb",
    "a.html",
    "a.ini",
    "Dockerfile",
    "Makefile",
    "CMakeLists.txt",
    "a.properties",
    "a.sql",
    "a.lua",
    "a.unknown",
    "a",
]
# Pieces that start, end and confuse strings and comments.
PIECES = st.sampled_from(
    [
        '"',
        "'",
        '"""',
        "'''",
        "`",
        "//",
        "/*",
        "*/",
        "#",
        "\\",
        "\n",
        "\r\n",
        "\r",
        "\t",
        " ",
        "\ufeff",
        "x = 1",
        "r'",
        'f"',
        "(",
        ")",
        "{",
        "}",
        "[",
        "]",
        ";",
        "0.5",
        "1e-3",
        "0xFF",
        "1..2",
        "é",
        "日",
        "/",
        "$",
        "@",
        "--lr",
        "-1",
        "key: 2",
        "<!--",
        "-->",
        "<<EOF",
        "EOF",
        "\x00",
        "\x0c",
        "\u2028",
    ]
)
TEXTS = st.lists(PIECES, max_size=40).map("".join) | st.text(max_size=60)


@pytest.mark.parametrize("name", NAMES)
@hypothesis.settings(max_examples=25, deadline=None)
@hypothesis.given(text=TEXTS)
def test_no_character_is_lost(name, text):
    """Whatever the text and the language, the tokens joined are the text exactly."""
    found = tokens(name, text)
    assert "".join(token.text for token in found) == text
    assert [token.start for token in found] == [
        sum(len(token.text) for token in found[:at]) for at in range(len(found))
    ]
    assert 0 <= code_lines(name, text) <= len(text.splitlines()) + 1


@pytest.mark.parametrize(
    ("name", "text", "lines"),
    [
        (
            "a.py",
            (
                '"""Doc."""\n\nx = 1  # why\n# note\n\ndef f():\n'
                '    """Doc\n    more."""\n    return """a\n\nb"""\n'
            ),
            4,
        ),
        ("a.py", "x = (1,\n     # two\n     2)\n", 2),
        ("a.py", 's = \'no # comment\'\nt = """#\n#"""\n', 3),
        ("a.js", "// a\nlet x = 'http://x'; /* b\n c */ let y = /[/*]/;\n`\n// no\n`;\n", 5),
        (
            "a.java",
            '/** Doc\n *\n */\nclass A { // x\n  String s = "/*";\n  char c = \'"\';\n}\n',
            4,
        ),
        ("a.kt", "/* a /* b */ still */\nval x = 1\n", 1),
        ("a.rs", "fn f<'a>(x: &'a str) {} // '\n/* /* */ */\nlet s = r#\"// \"#;\n", 2),
        ("a.go", "x := `// no\n` // yes\n// yes\n", 2),
        ("a.c", '#include <a.h>\n/* x */ int a = 1\'000; // y\nchar *s = "\\"//";\n', 3),
        ("a.css", "/* a */\nb { color: red; }\nc { background: url(http://x/y); }\n", 2),
        ("a.yml", "# c\na: 1 # d\nb: '#'\n\n", 2),
        ("a.toml", "# c\na = 1\n", 1),
        ("a.sh", "#!/bin/sh\n# c\necho $# # d\n", 1),
        ("Dockerfile", "# c\nFROM x\n\nENV A=1\n", 2),
        ("Makefile", "# c\nall: x\n\techo 1\n", 2),
        ("a.html", "<p>\n<!-- c -->\n</p>\n", 2),
        ("a.sql", "-- c\nselect 1\n", 1),
        ("a.unknown", "# who knows\n\nx\n", 2),
        ("a.py", "\ufeff# c\nx = 1\n", 1),
        ("a.py", "", 0),
        ("a.py", " \n\t\n", 0),
    ],
)
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_lines_of_code(name, text, lines, ending):
    """Blank lines, comments and docstrings are not counted, whatever ends the lines."""
    assert code_lines(name, text.replace("\n", ending)) == lines


@pytest.mark.parametrize("module", [textwrap, tokenize, hypothesis.core, io])
def test_python_is_counted_exactly(module):
    """On real Python the count is that of Python's own tokenizer."""
    text = Path(module.__file__).read_text(encoding="utf-8")
    assert code_lines("a.py", text) == _lines_by_tokenize(text)


def _lines_by_tokenize(text):
    empty = {tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    lines, statement = set(), []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type != tokenize.NEWLINE:
            statement += [token] if token.type not in empty else []
            continue
        if [part.type for part in statement] != [tokenize.STRING]:
            lines.update(at for t in statement for at in range(t.start[0], t.end[0] + 1))
        statement = []
    written = text.split("\n")
    return len([at for at in lines if written[at - 1].strip()])


def test_a_comment_is_no_code_but_a_string_is():
    """Strings, comments and docstrings are told apart, with their places."""
    text = '"""d"""\nx = "s"  # c\n'
    found = [(kind, text[start:end]) for kind, start, end in spans("a.py", text)]
    assert found == [(Kind.DOC, '"""d"""'), (Kind.STRING, '"s"'), (Kind.COMMENT, "# c")]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("x = 1_000 + .5 - 1. * 1e-3", ["1_000", ".5", "1.", "1e-3"]),
        (
            "a[1:2], 3..4, 0xFF, 10L, 1.5f, 16px, 50%",
            ["1", "2", "3", "4", "0xFF", "10L", "1.5f", "16px", "50%"],
        ),
        ("v1.2.3 == 1.2.3 or x2", []),
        ("a = 7%b", ["7"]),
    ],
)
def test_numbers_with_their_suffixes(text, numbers):
    """A number is one token with its suffix; versions and names hold none."""
    assert [t.text for t in tokens("a.js", text) if t.kind is Kind.NUMBER] == numbers


def test_a_long_file_is_read_at_once():
    """Five thousand lines take a fraction of a second, so that counting them costs nothing."""
    text = Path(tokenize.__file__).read_text(encoding="utf-8")
    text *= 5_000 // text.count("\n") + 1
    started = time.process_time()
    assert code_lines("a.py", text) > 2_500
    assert time.process_time() - started < 1.5
