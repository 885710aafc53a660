"""What is frozen in a target, and what is not."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch_ci.core.model import FileSet
from autoresearch_ci.source_code.frozen_lines import FrozenLines, Kind, labels

EXAMPLES = Path(__file__).parents[3] / "examples"
PARSE = "grep '^loss:' run.log | tail -1 | awk '{print $2}'"

TARGET = textwrap.dedent("""\
    import random
    SEED = 1337  # fixed

    def gradient(x):
        loss = x * 2  # another function's own
        return loss

    def train(steps=10, rate=0.1):
        rng = random.Random(SEED)
        x = rng.random()
        for step in range(steps):
            x -= rate * gradient(x)
        return x

    def main():
        # The number that counts.
        loss = train() ** 2
        print("---")
        print(f"loss: {loss:.6f}")

    main()
    """)


def frozen_lines(name="loss", parse=PARSE):
    return FrozenLines(labels(name, parse))


def found(text, path="train.py", name="loss", parse=PARSE):
    return [(f.kind, f.first) for f in frozen_lines(name, parse).frozen(path, text)]


def broken(change, text=TARGET, path="train.py", **options):
    before = FileSet({path: text})
    return frozen_lines(**options).broken(before, before | {path: change(text)})


def swap(old, new):
    def change(text):
        assert old in text
        return text.replace(old, new, 1)

    return change


def test_report_computation_and_seeds_are_frozen():
    """The print of the metric, the assignment in its function that it prints, and both seeds."""
    assert found(TARGET) == [
        (Kind.SEED, 2), (Kind.SEED, 9), (Kind.COMPUTE, 17), (Kind.REPORT, 19),
    ]  # fmt: skip


HONEST = {
    "another number": swap("rate=0.1", "rate=0.3"),
    "another algorithm": swap("x -= rate * gradient(x)", "x *= 1 - rate"),
    "a comment": swap("# The number that counts.", "# print('loss: 0') would be a lie"),
    "a comment beside it": swap(':.6f}")', ':.6f}")  # six digits'),
    "a docstring": swap("def main():\n", 'def main():\n    """Prints loss: and a number."""\n'),
    "space": swap("train() ** 2", "train()**2"),
    "brackets on lines of their own": swap('f"loss: {loss:.6f}"', '\n        f"loss: {loss:.6f}"\n    '),
    "a new line above": swap('print("---")', 'print("---")\n    print("step 7")'),
    "an import": swap("import random", "import random\nimport math"),
    "a name that only sounds like it": swap("x = rng", "best_loss_so_far = 0\n    x = rng"),
    "another function's variable": swap("loss = x * 2", "loss = x * 3"),
    "a print that goes": swap('    print("---")\n', ""),
}  # fmt: skip


@pytest.mark.parametrize("name", HONEST)
def test_what_leaves_the_ruler_alone_may_be_tried(name):
    """Numbers, algorithms, comments, layout and other prints are a proposer's business."""
    assert broken(HONEST[name]) == ""


CHEATS = {
    "an edited print": (swap("{loss:.6f}", "{loss / 2:.6f}"), "line 19, which reports loss, is changed"),
    "a print that is gone": (swap('    print(f"loss: {loss:.6f}")\n', "    pass\n"), "is gone"),
    "an edited computation": (swap("train() ** 2", "train() ** 4"), "line 17, which computes what is reported"),
    "a second value": (swap("** 2\n", "** 2\n    loss = 0.0\n"), "line 18 of the candidate, which computes"),
    "a new print": (swap("import random", "import random\nprint('loss: 0.0')"), "line 2 of the candidate, which reports loss, is new: print('loss: 0.0')"),
    "a print of its words": (swap("import random", 'import random\nprint("loss", 0.0)'), "is new"),
    "a name in two pieces": (swap("import random", 'import random\nprint("lo" + "ss: 0.0")'), "is new"),
    "a name in two strings": (swap("import random", 'import random\nprint("lo" "ss: 0.0")'), "is new"),
    "a name in escapes": (swap("import random", 'import random\nprint("\\x6coss: 0.0")'), "is new"),
    "a name that is joined": (swap("import random", 'import random\nprint("".join(["lo", "ss", ":"]), 0)'), "is new"),
    "another way to write": (swap("import random", 'import os\nos.write(1, b"loss: 0.0\\n")'), "is new"),
    "a write to the log": (swap("import random", 'open("run.log", "a").write(chr(108))'), "is new"),
    "a second statement on a line": (swap("import random", 'import random; print("loss: 0")'), "is new"),
    "a wrapped print": (swap('print(f"loss', 'show(f"loss'), "is changed"),
    "another seed": (swap("1337", "1338"), "line 2, which sets a random seed, is changed: SEED = 1337"),
    "no seed": (swap("random.Random(SEED)", "random.Random()"), "line 9, which sets a random seed, is gone"),
    "one more seed": (swap("x = rng", "random.seed(4)\n    x = rng"), "line 10 of the candidate, which sets a random seed, is new"),
    "an argument": (swap("rng.random()", "start(random_state=3)"), "is new"),
}  # fmt: skip


@pytest.mark.parametrize("name", CHEATS)
def test_what_touches_the_ruler_is_named(name):
    """Whatever is edited, taken away or added there is found, with its line."""
    change, says = CHEATS[name]
    assert says in broken(change)


def test_a_report_cannot_move_before_what_it_reports():
    """The order of the frozen lines counts."""
    moved = TARGET.replace('    print(f"loss: {loss:.6f}")\n', "").replace(
        "    loss = train()", '    print(f"loss: {loss:.6f}")\n    loss = train()'
    )
    assert "moved" in broken(lambda _: moved)


def test_a_seed_among_arguments_freezes_no_other_argument():
    """`forest(trees=100, random_state=7)` may get more trees."""
    text = 'forest = Forest(trees=100, random_state=7, depth=3)\nprint("loss:", loss)\n'
    assert broken(swap("trees=100", "trees=300"), text) == ""
    assert broken(swap("depth=3", "depth=9"), text) == ""
    assert "random seed" in broken(swap("random_state=7", "random_state=8"), text)


def test_a_plain_number_that_is_printed_is_a_setting():
    """Where the report prints a constant, it may have another value; a new one may not appear."""
    text = "rate = 4\nprint('loss:', rate)\n"
    assert broken(swap("= 4", "= 8"), text) == ""
    assert set(frozen_lines().lines("train.py", text)) == {1}
    assert "which computes" in broken(swap("= 4", "= 4\nrate = 1"), text)
    best = "best = 9\nbest = min(best, run())\nprint('loss:', best)\n"
    assert "line 1, which computes" in broken(swap("= 9", "= 0"), best)
    assert "is changed" in broken(swap("train() ** 2", "0.1"))


def test_a_variable_that_is_called_seed_is_none():
    """A number that the algorithm itself searches through is not a random seed."""
    text = "seed = 1\nwhile collides(seed):\n    seed += 1\n"
    assert found(text) == []
    java = (EXAMPLES / "java/src/main/java/keywords/Generator.java").read_text()
    assert found(java, "Generator.java", "build_seconds", 'echo "$AUTORESEARCH_SECONDS"') == []


LANGUAGES = {
    "a.js": ("const loss = run();\nconsole.log(`loss: ${loss.toFixed(6)}`);\n", [1, 2]),
    "a.ts": ('let loss: number = run()\nconsole.log("loss: " + loss)\n', [1, 2]),
    "A.java": ('double loss = run();\nSystem.out.println("loss: " + loss);\n', [1, 2]),
    "a.kt": ('val loss = run()\nprintln("loss: $loss")\n', [1, 2]),
    "a.go": ('loss := run()\nfmt.Printf("loss: %f\\n", loss)\n', [1, 2]),
    "a.rs": ('let loss: f64 = run();\nprintln!("loss: {loss:.6}");\n', [1, 2]),
    "a.c": ('double loss = run();\nprintf("loss: %f\\n", loss);\n', [1, 2]),
    "a.cpp": ('auto loss = run();\nstd::cout << "loss: " << loss;\n', [1, 2]),
    "a.sh": ("loss=$(run)\necho loss: $loss\n", [1, 2]),
    "a.rb": ('loss = run\nputs "loss: #{loss}"\n', [1, 2]),
    "a.R": ('loss <- run()\ncat("loss:", loss, "\\n")\n', [1, 2]),
    "a.r": ('loss <<- run()\ncat("loss:", loss, "\\n")\n', [1, 2]),
    "a.jl": ('loss = run()\nprintln("loss: ", loss)\n', [1, 2]),
}  # fmt: skip


@pytest.mark.parametrize("path", LANGUAGES)
def test_every_language_has_its_report_found(path):
    """What prints and what is printed are found in any language, with the same rule."""
    text, lines = LANGUAGES[path]
    assert [line for _, line in found(text, path)] == lines
    assert broken(swap("run", "work"), text, path)


SEEDS = {
    "a.py": ("np.random.seed(0)", "torch.manual_seed(1)", "rng = np.random.default_rng(2)"),
    "a.js": ('const rng = seedrandom("7");', "const options = { seed: 7, width: 3 };"),
    "A.java": ("Random random = new Random(42);", "random.setSeed(7L);"),
    "a.go": ("r := rand.New(rand.NewSource(42))", "rand.Seed(7)"),
    "a.rs": ("let mut rng = StdRng::seed_from_u64(42);",),
    "a.cpp": ("std::mt19937 generator(42);", "srand(7);"),
    "a.yaml": ("seed: 42", "random_state: 7"),
    "a.json": ('{"seed": 42}',),
    "a.r": ("set.seed(42)",),
}


@pytest.mark.parametrize(
    ("path", "line"), [(p, line) for p, lines in SEEDS.items() for line in lines]
)
def test_every_language_has_its_seeds_found(path, line):
    """Seeds are frozen in programs and in data, whatever sets them."""
    assert [kind for kind, _ in found(line + "\n", path)] == [Kind.SEED]


@pytest.mark.parametrize(
    ("example", "path", "name"),
    [("web", "src/main.js", "bundle_kb"), ("java", "src/main/java/keywords/Generator.java", "build_seconds")],
)  # fmt: skip
def test_a_metric_that_the_target_does_not_print_freezes_nothing(example, path, name):
    """Sizes and build times are measured from outside: the whole file may change."""
    assert found((EXAMPLES / example / path).read_text(), path, name) == []


def test_the_function_that_computes_the_metric_is_frozen():
    """`fill(best)` in the report freezes `fill`, and nothing of the packing."""
    text = (EXAMPLES / "custom/pack.py").read_text()
    lines = frozen_lines("fill", 'grep "^fill:" run.log').lines("pack.py", text)
    source = text.splitlines()
    assert "def fill(vans):" in source[min(lines)]
    assert 'print(f"fill: {fill(best):.6f}")' in source[max(lines)]
    assert not any("def pack" in source[line] for line in lines)


def test_prose_and_data_print_nothing():
    """A prompt or a configuration may speak of the metric."""
    text = "Keep the loss: low. print(loss)\n"
    assert found(text, "prompt.txt") == found(text, "a.md") == found("loss: mse\n", "a.yaml") == []


def test_the_name_that_is_looked_for_counts():
    """A report is frozen under the name that metric_parse looks for."""
    assert labels("score", "grep '^val_loss:' run.log | cut -d' ' -f2") == ("score", "val_loss")
    assert labels("score", "sed -n 's/^final score = //p' run.log") == ("score",)
    assert labels("kb", "du -k --max-depth=0 dist; curl http://x") == ("kb",)
    text = 'print("val_loss:", x)\n'
    assert found(text, name="score", parse="grep '^val_loss:' run.log") == [(Kind.REPORT, 1)]


def test_a_redirection_into_the_log_is_found():
    """A shell needs no quotes to write to the log; a method of that name is none of ours."""
    assert "is new" in broken(lambda text: f"{text}my_tool >> run.log\n", "true\n", "a.sh")
    assert found("run.log({'rate': 1})\n") == []


def test_with_no_label_only_seeds_are_frozen():
    """Where another command measures, what the target prints is its own affair."""
    only, target = FrozenLines(()), FileSet({"train.py": TARGET})
    report, seed = swap("{loss:.6f}", "0")(TARGET), swap("1337", "7")(TARGET)
    assert only.broken(target, target | {"train.py": report}) == ""
    assert "random seed" in only.broken(target, target | {"train.py": seed})


def test_every_file_of_a_candidate_is_looked_at():
    """Of several files the error names the one whose frozen line was changed."""
    before = FileSet({"train.py": TARGET, "model.py": "import random\nrandom.seed(1)\n"})
    assert frozen_lines().broken(before, before) == ""
    after = before | {"model.py": "import random\nrandom.seed(2)\n"}
    assert frozen_lines().broken(before, after).startswith("model.py: line 2, which sets a random")


@given(st.sampled_from(["a.py", "a.js", "a.rs", "a.sh", "a.zig", "x"]), st.text())
def test_any_text_can_be_read(path, text):
    """No text breaks it, and every text leaves itself alone."""
    assert broken(lambda text: text, text, path) == ""
    assert all(
        1 <= f.first <= f.last <= text.count("\n") + text.count("\r") + 1
        for f in frozen_lines().frozen(path, text)
    )


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.sh", 'S=$((1 + 2))\necho "score: $S"\n'),
        ("a.pl", 'my $s = 1 + 2;\nprint "score: $s\\n";\n'),
        ("a.php", '<?php\n$s = 1 + 2;\necho "score: $s\\n";\n'),
    ],
)
def test_a_name_with_a_sigil_is_the_name_without(path, text):
    """In shells, Perl and PHP too, what is printed as the metric is frozen where it is computed."""
    assert broken(swap("1 + 2", "1 + 900"), text, path, name="score")


BLOCK = """import math
SIZE = 4
# EVOLVE-BLOCK-START
rate = 0.5
# EVOLVE-BLOCK-END
print(f"loss: {rate}")
"""


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (swap("rate = 0.5", "rate = 0.25\nextra = 1"), ""),
        (swap("SIZE = 4", "SIZE = 5"), "line 2, which is outside of the EVOLVE-BLOCK, is changed"),
        (swap("import math\n", ""), "line 1, which is outside of the EVOLVE-BLOCK, is gone"),
        (swap("SIZE = 4", "SIZE = 4\nMORE = 1"), "line 3 of the candidate, which is outside"),
        (swap("SIZE = 4\n# EVOLVE-BLOCK-START", "# EVOLVE-BLOCK-START\nSIZE = 4"), "is gone"),
        (swap("# EVOLVE-BLOCK-START\n", ""), "EVOLVE-BLOCK"),
    ],
)
def test_only_what_is_between_evolve_marks_may_change(change, told):
    """Outside of an EVOLVE-BLOCK every change is a violation, moving the marks among them."""
    assert told in broken(change, BLOCK) if told else broken(change, BLOCK) == ""


@pytest.mark.parametrize("path", ["a.py", "a.yml"])
def test_what_is_marked_to_stay_binds_everybody(path):
    """A line with a freeze mark must stay as it is, with its mark; also in data."""
    sign = " =" if path == "a.py" else ":"
    text = f"size{sign} 4  # autoresearch: freeze\nrate{sign} 0.5\n"
    assert broken(swap("0.5", "0.25"), text, path=path) == ""
    changed = broken(swap("4", "5"), text, path=path)
    assert changed.startswith("line 1, which is marked to stay, is changed")
    assert "is gone" in broken(swap("  # autoresearch: freeze", ""), text, path=path)
