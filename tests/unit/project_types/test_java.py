from __future__ import annotations

import pytest

MAIN = "package a.b;\npublic class {} {{ public static void main(String[] x) {{}} }}\n"
BIG = "package a.b;\nclass Big { /* " + "x" * 500 + " */ }\n"
TEST = {"src/test/java/a/b/AppTest.java": MAIN.format("AppTest") + "x" * 999}
POM = "<project><build><mainClass>{}</mainClass></build></project>"


def java(name):
    return f"src/main/java/a/b/{name}.java"


@pytest.mark.parametrize(
    ("script", "text"),
    [
        ("pom.xml", POM.format("a.b.Start")),
        ("pom.xml", "<properties><start-class> a.b.Start </start-class></properties>"),
        ("pom.xml", "<exec.mainClass>a.b.Start</exec.mainClass>"),
        ("build.gradle", "application { mainClass = 'a.b.Start' }"),
        ("build.gradle", 'mainClassName = "a.b.Start"'),
        ("build.gradle", "jar { manifest { attributes 'Main-Class': 'a.b.Start' } }"),
        ("build.gradle.kts", 'application { mainClass.set("a.b.Start") }'),
        ("build.gradle.kts", 'attributes["Main-Class"] = "a.b.Start"'),
        ("build.gradle.kts", 'attributes("Main-Class" to "a.b.Start")'),
    ],
)  # fmt: skip
def test_the_main_class_that_the_build_names(settings, script, text):
    """The build's own word for the main class wins over what could be started as well."""
    files = {java("Start"): MAIN.format("Start"), java("Main"): MAIN.format("Main") + "x" * 99}
    assert settings({script: text, **files})["target_file"] == java("Start")


def test_kotlins_file_class(settings):
    """`MainKt` is what Kotlin makes of Main.kt, in whatever folder its package lies."""
    files = {
        "build.gradle.kts": 'application { mainClass = "a.b.MainKt" }',
        "src/main/kotlin/Main.kt": "package a.b\n\nfun main() {}\n",
        "src/main/kotlin/other/Main.kt": "package other\n\nfun main() {}\n",
    }
    assert settings(files)["target_file"] == "src/main/kotlin/Main.kt"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({java("Tool"): MAIN.format("Tool")}, java("Tool")),
        ({java("Tool"): MAIN.format("Tool") + "x" * 99, java("App"): MAIN.format("App")},
         java("App")),
        ({"src/main/kotlin/Run.kt": "suspend fun main(a: Array<String>) {}"},
         "src/main/kotlin/Run.kt"),
        ({java("Web"): "@SpringBootApplication class Web {}"}, java("Web")),
        ({java("Small"): "class Small {}"}, java("Big")),
    ],
)  # fmt: skip
def test_a_class_that_can_be_started(settings, files, expected):
    """Else a class with `main`, Main and App first; in a library the largest source."""
    assert settings({"pom.xml": "<project/>", java("Big"): BIG, **files, **TEST})[
        "target_file"
    ] == (expected)


def test_a_module_of_many(settings):
    """The main class of a module is found through the module's own script."""
    files = {
        "pom.xml": "<modules><module>core</module><module>app</module></modules>",
        "app/pom.xml": POM.format("a.b.Start"),
        f"app/{java('Start')}": MAIN.format("Start"),
        f"core/{java('Main')}": MAIN.format("Main"),
    }
    assert settings(files)["target_file"] == f"app/{java('Start')}"


def test_maven(settings):
    """Maven makes a clean package, and the tests are the guard."""
    found = settings({"pom.xml": "<project/>", java("A"): MAIN.format("A"), **TEST})
    assert found["run_command"] == "mvn -q -B clean package -DskipTests"
    assert found["guard_command"] == "mvn -q -B test"


def test_gradle(settings):
    """Gradle makes a clean build without a daemon that would outlive it, nor a cache."""
    found = settings({"build.gradle.kts": "", java("A"): MAIN.format("A"), **TEST})
    assert found["run_command"] == "gradle -q --no-daemon --no-build-cache clean assemble"
    assert found["guard_command"] == "gradle -q --no-daemon test"


def test_wrappers(tmp_path, settings):
    """The project's own wrapper is used, even where git lost its permission to run."""
    files = {"pom.xml": "<project/>", "build.gradle": "", java("A"): MAIN.format("A")}
    assert settings({**files, "gradlew": ""})["run_command"].startswith("sh gradlew ")
    assert settings({**files, "mvnw": ""})["run_command"].startswith("sh mvnw ")
    (tmp_path / "mvnw").chmod(0o755)
    assert settings(files)["run_command"].startswith("./mvnw ")


def test_without_tests(settings, notes):
    """Without tests there is no guard, and a note says what that means."""
    files = {"pom.xml": "<project/>", java("A"): MAIN.format("A")}
    assert "guard_command" not in settings(files)
    assert "No tests were found" in notes(files)


def test_examples_are_not_the_product(settings):
    """A class of a library's examples is no target, even if it alone can be started."""
    files = {
        "pom.xml": "<project/>",
        "examples/src/main/java/a/Demo.java": MAIN.format("Demo") + "x" * 9999,
        "examples/pom.xml": POM.format("a.Demo"),
        java("Big"): BIG,
    }
    assert settings(files)["target_file"] == java("Big")
