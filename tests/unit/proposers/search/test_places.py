"""Places where the search sees a setting, and places that look like one."""

from __future__ import annotations

import pytest

from tests.unit.proposers.search.reading import parameters, seen

PLACES = {
    "a fallback of the shell": (
        "run.sh",
        'JOBS=${JOBS:-4}\nexport N="${N:-40}" M=${M-50}\n: "${K:=60}"\n',
        [("JOBS", "4"), ("N", "40"), ("M", "50"), ("K", "60")],
    ),
    "several variables exported at once": (
        "run.sh",
        "export GOGC=100 OMP_NUM_THREADS=2\n",
        [("GOGC", "100"), ("OMP_NUM_THREADS", "2")],
    ),
    "how many lines are shown": ("run.sh", "sort -S 64M big.txt | head -n 10\n", [("S", "64M")]),
    "a block list of YAML": (
        "c.yaml",
        "schedule:\n  milestones:  # epochs\n    - 1000\n    - 2000\nsizes:\n- 3\n- -0.5\n",
        [
            ("milestones[0]", "1000"),
            ("milestones[1]", "2000"),
            ("sizes[0]", "3"),
            ("sizes[1]", "-0.5"),
        ],
    ),
    "a block list of entries": (
        "c.yaml",
        "layers:\n  - units: 64\n    rate: 0.5\n  - units: 32\n",
        [("layers.units", "64"), ("rate", "0.5"), ("layers.units#2", "32")],
    ),
    "a number in a string that is turned into one": (
        "m.py",
        'import os\nN = int(os.environ.get("WORKERS", "40"))\nR = float(os.getenv("RATE", "0.5"))\n',
        [("WORKERS", "40"), ("RATE", "0.5")],
    ),
    "the same in JavaScript, without its radix": (
        "m.js",
        (
            'const POOL = parseInt(process.env.POOL ?? "4", 10);\n'
            "const RATE = Number(process.env['RATE'] || '0.5');\n"
        ),
        [("POOL", "4"), ("RATE", "0.5")],
    ),
    "the same in Java": (
        "M.java",
        'class M { static int N = Integer.parseInt(System.getProperty("threads", "4")); }\n',
        [("threads", "4")],
    ),
    "a length in a type of Rust": (
        "m.rs",
        "static RATIOS: [f32; 3] = [0.1, 0.2, 0.7];\nfn f() { let b = [0u8; 4096]; }\n",
        [("RATIOS[0]", "0.1"), ("RATIOS[1]", "0.2"), ("RATIOS[2]", "0.7"), ("b[0]", "4096")],
    ),
    "a length in a type of Go": (
        "m.go",
        "package main\n\nvar w = [3]float64{0.1, 0.2, 0.7}\nvar s = []int{40}\n",
        [("w[0]", "0.1"), ("w[1]", "0.2"), ("w[2]", "0.7"), ("s[0]", "40")],
    ),
    "a query of SQL": (
        "q.sql",
        (
            "PRAGMA cache_size = 2000;\nSELECT id FROM a WHERE b.x > 10 ORDER BY 2 LIMIT 100;\n"
            "CREATE INDEX i ON a (x) WITH (fillfactor = 70);\n"
        ),
        [("cache_size", "2000"), ("fillfactor", "70")],
    ),
}


@pytest.mark.parametrize("name", PLACES)
def test_what_is_a_setting_and_what_only_looks_like_one(name):
    """The numbers that a source can be tuned by, under their names, and no others."""
    path, text, wanted = PLACES[name]
    assert [(one.label, one.text) for one in parameters(text, path)] == wanted


@pytest.mark.parametrize(
    "line", ["METHOD=${METHOD:-gzip}", 'METHOD="${METHOD:-gzip}"', ': "${METHOD:=gzip}"']
)
def test_a_word_that_a_shell_falls_back_to_is_a_choice(line):
    """What a script takes where nobody says otherwise is set like any other value."""
    [one] = parameters(f"# METHOD is one of gzip, bzip2, xz\n{line}\n", "build.sh")
    assert (one.label, one.options) == ("METHOD", ("gzip", "bzip2", "xz"))


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ('N = int(os.environ.get("NAME", "x4"))', "m.py"),
        ('N = os.environ.get("PORT", "8080")', "m.py"),
        ('N = d.get("4")', "m.py"),
        ('version = get("release", "2.0")', "m.py"),
    ],
)
def test_a_string_that_is_no_default_number_stays(line, path):
    """Only the default of a setting that is read as a number is one."""
    assert not seen(line + "\n", path).parameters


def test_a_percentage_of_memory_to_collect_at_has_no_upper_end():
    """Go's collector takes any percentage, and most programs want more than a hundred."""
    text = "package main\n\nfunc main() {\n\tdebug.SetGCPercent(100)\n}\n"
    [one] = parameters(text, "m.go")
    assert one.scale.high > 1_000


@pytest.mark.parametrize(
    ("comment", "low", "high"),
    [
        ("1..9", 1, 9),
        ("1-9", 1, 9),
        ("1 to 9", 1, 9),
        ("between 1 and 9", 1, 9),
        ("range: [1, 9]", 1, 9),
        ("valid range is 1-9, more is slower", 1, 9),
        ("level, in [0, 9]", 0, 9),
        ("at least 2", 2, float("inf")),
        (">= 2", 2, float("inf")),
        ("max. 32", 1, 32),
        ("must be at most 32", 1, 32),
        ("<= 32", 1, 32),
        ("as in pages 1-9 of the book", 1, float("inf")),
        ("took 1 to 2 weeks", 1, float("inf")),
        ("7..9", 1, float("inf")),
        ("see section 3.1", 1, float("inf")),
    ],
)
def test_a_range_in_a_comment_is_kept_to(comment, low, high):
    """What the author says of a number's range holds, where the number itself is in it."""
    [one] = parameters(f"LEVEL = 6  # {comment}\n")
    assert (one.scale.low, one.scale.high) == (low, high)
