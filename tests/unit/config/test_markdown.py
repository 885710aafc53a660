import contextlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from autoresearch_ci.config import markdown
from autoresearch_ci.core.errors import SettingsError

PARSE = """grep "^val_bpb:" run.log | tail -1 | awk '{print $2}'"""


def read(text):
    section = markdown.find(text, "CLAUDE.md")
    return {} if section is None else {k: v for k, (v, _) in section.entries().items()}


def item(text):
    return read(f"## autoresearch\n{text}\n")


@pytest.mark.parametrize(
    "heading",
    [
        "## autoresearch",
        "## autoresearch 설정",
        "## Autoresearch  설정 ##",
        "  ##\tAUTORESEARCH   ####  ",
        "### autoresearch",
        "#### autoresearch #",
        "autoresearch\n---",
        "## autoresearch \u1109\u1165\u11af\u110c\u1165\u11bc",
    ],
)
def test_headings(heading):
    """The section is found under both headings, in any case, at level 2 to 4."""
    assert read(f"# Notes\n\n{heading}\n- tag: a\n") == {"tag": "a"}


@pytest.mark.parametrize(
    "heading",
    [
        "# autoresearch",
        "##autoresearch",
        "    ## autoresearch",
        "## autoresearch-ci",
        "> ## autoresearch",
        "##### autoresearch",
        "autoresearch\n===",
        "## my autoresearch",
        "\\## autoresearch",
    ],
)
def test_not_headings(heading):
    """A document's title, code, a quotation and other headings are not the section's."""
    assert read(f"{heading}\n- tag: a\n") == {}


@pytest.mark.parametrize("after", ["# Other", "## Other", "##", "Other\n===", "Other\n---"])
def test_section_ends(after):
    """The next heading of the same or a higher level ends the section."""
    assert read(f"## autoresearch\n- tag: a\n\n{after}\n- env: A\n- Note: x\n") == {"tag": "a"}


def test_lower_heading_goes_on():
    """A heading of a lower level does not end the section."""
    text = "## autoresearch\n- tag: a\n### Limits\n- patience: 3\n\n---\n\n- env: A\n"
    assert read(text) == {"tag": "a", "patience": "3", "env": "A"}


@pytest.mark.parametrize(
    "hidden",
    [
        "```\n{}\n```",
        "```md\n{}\n````",
        "~~~~\n{}\n~~~\n~~~~",
        "<!--\n{}\n-->",
        "<!-- a --> <!--\n{}\n-->",
        "- item\n  ```\n{}\n  ```",
        "- ```sh\n{}\n  ```",
    ],
)
def test_hidden(hidden):
    """An example in a code block or an HTML comment is not the section."""
    example = hidden.format("## autoresearch\n- tag: wrong\n- Nonsense: x")
    assert read(f"# Title\n{example}\n\n## autoresearch\n- tag: right\n") == {"tag": "right"}


def test_unclosed_comment_in_a_sentence():
    """A `<!--` that nothing closes hides nothing when it stands in a sentence."""
    assert read("Write <!-- to hide.\n\n## autoresearch\n- tag: a\n") == {"tag": "a"}
    assert read("Write `<!--` to hide.\n\n## autoresearch\n- tag: a\n\n-->") == {"tag": "a"}


@pytest.mark.parametrize(
    "line",
    [
        "- target_file: train.py",
        "* target_file: train.py",
        "+ target_file:train.py",
        "  -  target_file :  train.py  ",
        "-\ttarget_file:\ttrain.py",
        "- **target_file**: train.py",
        "- **target_file:** train.py",
        "- `target_file`: `train.py`",
        "- **`target_file`**: train.py",
        "- __target_file__: train.py",
        "- *target_file*: train.py",
        "- target-file: train.py",
        "- target_file: train.py # the one",
        "- target_file: `train.py` # the one",
        "- target_file: train.py <!-- the one -->",
        "- target_file: ` train.py `",
        "- target_file: ``train.py``",
    ],
)
def test_items(line):
    """An item may be written with any bullet, with emphasis, backticks and a comment."""
    assert item(line) == {"target_file": "train.py"}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (f"`{PARSE}`", PARSE),
        (f"`{PARSE}` # the loss", PARSE),
        (PARSE, PARSE),
        ("`grep '#' run.log`", "grep '#' run.log"),
        ("grep '#x' run.log  # comment", "grep '#x' run.log"),
        ("awk -F# '{print}'", "awk -F# '{print}'"),
        ("`` echo `date` ``", "echo `date`"),
        ("```a ``b`` c```", "a ``b`` c"),
        ("`` `date` ``", "`date`"),
        ("echo `date` `id`", "echo `date` `id`"),
        ("echo `date # x` # y", "echo `date # x`"),
        ("echo it`s # y", "echo it`s"),
        ('"quoted words"', "quoted words"),
        ("'quoted'", "quoted"),
        ("\u201cpython3 t.py\u201d", "python3 t.py"),
        ('""', None),
        ('`"quoted words"`', '"quoted words"'),
        ('"a" "b"', '"a" "b"'),
        ('"it\'s"', '"it\'s"'),
        ('"a b" --c', '"a b" --c'),
        ("a:b: c", "a:b: c"),
        ("echo '<!-- x'", "echo '<!-- x'"),
        ("`echo '<!-- x -->'`", "echo '<!-- x -->'"),
        ("", None),
        ("# nothing", None),
        ("``", None),
        ("` `", " "),
    ],
)
def test_values(written, meant):
    """A value comes out exactly as written, without its backticks and its comment."""
    assert item(f"- run_command: {written}") == {"run_command": meant}


@pytest.mark.parametrize(
    "written", ["`a.py`, `b.py`", "`a.py, b.py`", "a.py, `b.py`", "a.py, b.py", "`a.py`, b.py # c"]
)
def test_lists(written):
    """Several files may share backticks or have their own."""
    assert item(f"- readonly_files: {written}") == {"readonly_files": "a.py, b.py"}


@pytest.mark.parametrize(
    ("line", "message", "remedy"),
    [
        ("- target: x", "CLAUDE.md:2: unknown setting `target`", "`target_file`"),
        ("- Metric_Name: x", "CLAUDE.md:2: unknown setting `Metric_Name`", "`metric_name`"),
        ("- max-experiment: 1", "CLAUDE.md:2: unknown setting", "`max_experiments`"),
        ("- runcommand:x", "CLAUDE.md:2: unknown setting", "`run_command`"),
        (
            "- tag: a\n- Zebra: x",
            "CLAUDE.md:3: unknown setting",
            "target_file, editable_files, run_command",
        ),
        ("- tag: a\n- 참고: x", "CLAUDE.md:3: unknown setting `참고`", "paragraph"),
        ("- tag: a\n- nonsense: x", "CLAUDE.md:3: unknown setting", ""),
        ("- tag: a\n- tag: a", "CLAUDE.md:3: `tag` is already set at CLAUDE.md:2", "Keep one"),
        ("- env: a\n- `env`: b", "CLAUDE.md:3: `env` is already set", "Keep one"),
        ("- tag: `a", "CLAUDE.md:2: tag: the opening backtick", "Close it"),
        ("- tag: `a` b", "CLAUDE.md:2: tag: there is text after", "double"),
        ("- run_command: `echo `date``", "CLAUDE.md:2: run_command: there is text", "double"),
        ("- tag: a\n  b", "CLAUDE.md:3: the value of the setting above goes on", "one line"),
        ("- readonly_files:\n\n  - a.py", "CLAUDE.md:4: the value", "one line"),
        ("- guard_command:\n  ```sh\n  make\n  ```", "CLAUDE.md:3: the value", "one line"),
        ("- tag = a", "CLAUDE.md:2: `- tag = a` is not in the form", "`- tag: value`"),
        ("1. tag: a", "CLAUDE.md:2:", "`- tag: value`"),
        ("tag: a", "CLAUDE.md:2:", "`- tag: value`"),
        ("- `tag: a`", "CLAUDE.md:2:", "`- tag: value`"),
        ("\n## autoresearch\n", "CLAUDE.md:3: a second", "Merge"),
    ],
)
def test_refused(line, message, remedy):
    """What would silently not be read is an error with file, line and what to write instead."""
    with pytest.raises(SettingsError) as caught:
        item(line)
    assert caught.value.message.startswith(message)
    assert remedy in caught.value.remedy


@pytest.mark.parametrize(
    "line",
    [
        "The number to lower is `val_bpb`: see prepare.py.",
        "- a list item without a setting",
        "- see https://example.com: it says more",
        "- https://example.com",
        "- std::vector is fine",
        "- `target_file` is the one that changes",
        "- Please note: this is prose",
        "| a | b |\n|---|---|",
        "- tag: a\n\n  indented prose after a gap",
        "- tag: a\nlazy prose",
    ],
)
def test_prose(line):
    """Prose in the section is ignored."""
    assert item(line) in ({}, {"tag": "a"})


@pytest.mark.parametrize(
    ("section", "after"),
    [
        ("## autoresearch\n- tag: a\n", "# Other\n"),
        ("autoresearch\n---\n- tag: a\n```\n## no\n```\n", "Other\n---\n"),
        ("## autoresearch\n- tag: a\n<!-- x\n-->", ""),
        ("## autoresearch", ""),
    ],
)
def test_extent(section, after):
    """A section knows its first line and the line after its last, code and comments included."""
    text = f"# Title\n\n{section}{after}"
    found = markdown.find(text, "CLAUDE.md")
    lines = text.split("\n")
    assert "\n".join(lines[found.start - 1 : found.end - 1]) == section.removesuffix("\n")
    assert "\n".join(lines[found.end - 1 :]) == after
    assert found.start == 3


@pytest.mark.parametrize(
    "heading",
    ["## autoresearch-ci", "## \U0001f52c Autoresearch", "# My autoresearch", "##### autoresearch"],
)
def test_a_heading_that_was_meant(heading):
    """Above settings any heading with the word in it is told how it has to be called."""
    (note,) = markdown.lookalikes(f"{heading}\n\n- target_file: t.py\n", "CLAUDE.md")
    assert "name it `## autoresearch`" in note
    assert not markdown.lookalikes("## About autoresearch-ci\n\n- it is a loop\n", "CLAUDE.md")


@pytest.mark.parametrize(
    "line", ["\u2013 target_file: t.py", "\u2022 target_file: t.py", "- target_file\uff1at.py"]
)
def test_items_of_other_editors(line):
    """A dash, a bullet or a colon that only looks like one sets nothing silently."""
    with pytest.raises(SettingsError, match="not in the form of a setting"):
        markdown.find(f"## autoresearch\n\n{line}\n- metric_name: x\n", "CLAUDE.md").entries()


def test_lookalike():
    """A heading that was perhaps meant to be the section's is pointed out."""
    (note,) = markdown.lookalikes("# x\n## Autoresearch config\n## autoresearch-ci\n", "CLAUDE.md")
    assert note.startswith("CLAUDE.md:2:")
    assert "## autoresearch" in note


def test_written_section():
    """The section that init writes is a list in reading order, with backticks where needed."""
    assert markdown.write({"target_file": "train.py", "metric_parse": PARSE, "tag": ""}) == (
        f"## autoresearch\n\n- target_file: train.py\n- metric_parse: `{PARSE}`\n- tag:\n"
    )


@pytest.mark.parametrize("bad", [{"nonsense": "x"}, {"tag": "a\nb"}])
def test_unwritable(bad):
    """What a section cannot hold is never written."""
    with pytest.raises(ValueError, match=r"no such setting|more than one line"):
        markdown.write(bad)


PRINTABLE = st.text(
    st.one_of(
        st.sampled_from("`#'\"|\\ <!->*_:[]$(){}"),
        st.characters(blacklist_categories=("Cc", "Cs", "Zl", "Zp")),
    )
)


@given(PRINTABLE, PRINTABLE)
@example("`", "a ` b `` c")
@example(" # x", "x #")
@example("<!-- `", "` -->")
@example("- tag: x", "```")
def test_round_trip(one, two):
    """Any printable value that a section is written with reads back exactly."""
    found = read("# Title\n\n" + markdown.write({"run_command": one, "guard_command": two}))
    assert found == {"run_command": one.strip() or None, "guard_command": two.strip() or None}


@given(
    st.lists(
        st.sampled_from(
            [
                "## autoresearch",
                "- tag: ",
                "`",
                "``",
                "<!--",
                "-->",
                "```",
                "\n",
                "  ",
                "#",
                "x",
                "- ",
                "---",
                "~~~",
                "**",
                "env",
                ":",
                "\t",
            ]
        )
    )
)
def test_garbage(parts):
    """Whatever a document holds, reading it succeeds or says what to change."""
    with contextlib.suppress(SettingsError):
        read("".join(parts))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('echo "a # b"', 'echo "a # b"'),
        ("echo 'a # b' # c", "echo 'a # b'"),
        ("""python -c "print('# x')  # y" """, """python -c "print('# x')  # y\""""),
        ("echo don't # it's", "echo don't"),
        ('echo "a \\" # b" # c', 'echo "a \\" # b"'),
        ("grep '^a' x # it's", "grep '^a' x"),
    ],
)
def test_a_hash_in_quotes_is_no_comment(written, meant):
    """A command keeps what the shell would take as one piece."""
    assert item(f"- run_command: {written}") == {"run_command": meant}
