from __future__ import annotations

import pytest

PACKAGE = '[package]\nname = "my-tool"\n'


@pytest.mark.parametrize(
    ("files", "target", "built"),
    [
        ({"src/main.rs": "x", "src/lib.rs": "x"}, "src/main.rs", "my-tool"),
        ({"src/lib.rs": "x"}, "src/lib.rs", "libmy_tool.rlib"),
        ({"src/bin/go.rs": "x", "src/lib.rs": "x"}, "src/bin/go.rs", "go"),
        ({"Cargo.toml": PACKAGE + '[[bin]]\nname = "t"\npath = "code/t.rs"\n', "code/t.rs": "x"},
         "code/t.rs", "t"),
        ({"Cargo.toml": PACKAGE + '[[bin]]\nname = "t"\npath = "src/main.rs"\n', "src/main.rs": ""},
         "src/main.rs", "t"),
        ({"Cargo.toml": PACKAGE + '[lib]\ncrate-type = ["cdylib"]\n', "src/lib.rs": "x"},
         "src/lib.rs", "libmy_tool.so"),
        ({"Cargo.toml": '[workspace]\nmembers = ["crates/*"]\n',
          "crates/core/Cargo.toml": '[package]\nname = "core"\n', "crates/core/src/lib.rs": "x",
          "crates/tool/Cargo.toml": '[package]\nname = "tool"\n', "crates/tool/src/main.rs": "x"},
         "crates/tool/src/main.rs", "tool"),
    ],
)  # fmt: skip
def test_target_and_product(settings, files, target, built):
    """The main source is the target, and what cargo makes of it is measured."""
    found = settings({"Cargo.toml": PACKAGE, **files})
    assert found["target_file"] == target
    assert f"wc -c < target/release/{built} |" in found["metric_parse"]


def test_another_target_folder(settings):
    """cargo's own configuration says where it builds."""
    config = '[build]\ntarget-dir = "out"\ntarget = "wasm32-unknown-unknown"\n'
    found = settings({"Cargo.toml": PACKAGE, "src/main.rs": "x", ".cargo/config.toml": config})
    assert "out/wasm32-unknown-unknown/release/my-tool" in found["metric_parse"]


def test_guard(settings, notes):
    """`cargo test` is the guard where there is a test."""
    files = {"Cargo.toml": PACKAGE, "src/main.rs": "fn main() {}"}
    assert "guard_command" not in settings(files)
    assert "No tests were found" in notes(files)
    files["tests/a.rs"] = "#[test]\nfn a() {}"
    assert settings(files)["guard_command"] == "cargo test"


def test_no_package(settings, notes):
    """A manifest without a package that is there names what to set."""
    files = {"Cargo.toml": "[workspace]\nmembers = 3\n"}
    assert "target_file" not in settings(files)
    assert "set target_file" in notes(files)


def test_a_module_for_tests_alone_is_no_target(settings):
    """A file that only tests are built with is passed over, however long it is."""
    lib = "mod core;\n#[cfg(test)]\nmod samples;\n"
    long, longer = "fn a() {}\n" * 200, "const A: u8 = 1;\n" * 900
    files = {"src/lib.rs": lib, "src/core.rs": long, "src/samples.rs": longer}
    assert settings({"Cargo.toml": PACKAGE, **files})["target_file"] == "src/core.rs"


def test_a_list_of_modules_is_followed(settings):
    """A library whose root only names its modules is improved where its code is."""
    files = {
        "Cargo.toml": PACKAGE,
        "src/lib.rs": "//! Docs.\nmod a;\npub mod b;\npub use a::*;\npub use b::{c, d};\n",
        "src/a.rs": "fn a() { let x = 1 + 2 * 3; }\n" * 9,
        "src/b/mod.rs": "fn b() { let x = 1 + 2 * 3; }\n" * 19,
    }
    assert settings(files)["target_file"] == "src/b/mod.rs"
