"""Who may command, and on what: questions that fail closed."""

import pytest

from autoresearch_ci.core.errors import ForgeError


@pytest.mark.parametrize(
    ("role", "may"),
    [
        ("none", False),
        ("read", False),
        ("triage", False),
        ("write", True),
        ("maintain", True),
        ("admin", True),
    ],
)
def test_roles(forge, hub, lab, role, may):
    """Who may write may command, and nobody below."""
    hub.user("ada")
    lab.roles["ada"] = role
    assert forge.may_command("ada") is may


@pytest.mark.parametrize(("permission", "may"), [("write", True), ("admin", True), ("read", False)])
def test_roles_of_an_organisation(forge, hub, lab, permission, may):
    """A role that an organisation made up counts as what it comes down to."""
    hub.user("ada")
    lab.roles["ada"] = "release-crew"
    lab.permissions["release-crew"] = permission
    assert forge.may_command("ada") is may


def test_an_old_server_has_no_role_names(forge, hub, lab, mona):
    """Where there is no `role_name`, `permission` decides."""
    shape = hub.shapes.permission
    hub.shapes.permission = lambda *a: {k: v for k, v in shape(*a).items() if k != "role_name"}
    assert forge.may_command("mona")


def test_strangers(forge, hub):
    """Somebody without a role, and somebody who does not exist, may not command."""
    hub.user("stranger")
    assert not forge.may_command("stranger")
    assert not forge.may_command("nobody-at-all")


def test_bots(forge, hub, lab):
    """A bot never commands, whatever its role."""
    hub.user("helper[bot]", type="Bot")
    hub.user("machine", type="Bot")
    lab.roles |= {"helper[bot]": "admin", "machine": "admin"}
    assert not forge.may_command("helper[bot]")
    assert not forge.may_command("machine")


@pytest.mark.parametrize(
    "login", ["", "../octo", "a/b", "a b", "ada\n", "-ada", "ada?x=1", "%2e%2e", "é", "a" * 200]
)
def test_what_is_no_login_is_not_asked_for(forge, hub, login):
    """A login that cannot be one is refused without a request."""
    assert not forge.may_command(login)
    assert hub.calls() == []


def test_an_answer_about_somebody_else(forge, hub, lab, mona):
    """An answer that speaks of another person lets nobody in."""
    shape = hub.shapes.permission
    hub.shapes.permission = lambda _user, *rest: shape(mona, *rest)
    hub.user("eve")
    lab.roles["eve"] = "write"
    assert not forge.may_command("eve")


def test_nobody_is_let_in_while_github_is_down(forge, hub, mona):
    """Without an answer there is an error that says what was asked, and no permission."""
    hub.fault("collaborators", status=502, times=None)
    with pytest.raises(ForgeError, match="whether the author may write") as raised:
        forge.may_command("mona")
    assert "502" in raised.value.message
    assert raised.value.remedy
    assert len(hub.calls("collaborators")) == 3


def test_a_hiccup_is_gone_over(forge, hub, mona):
    """A server error, a cut connection and an answer that is too late are tried again."""
    hub.fault("collaborators", status=500)
    hub.fault("collaborators", cut=True)
    assert forge.may_command("mona")


def test_head_is_resolved(forge, hub, lab, mona):
    """A pull request's head and base are told as they are now."""
    pull = lab.pull(mona, "topic")
    seen = forge.pull(pull.number)
    assert (seen.head_sha, seen.head_branch) == ("b" * 40, "topic")
    assert (seen.base_sha, seen.base_branch) == ("a" * 40, "main")
    assert seen.open
    assert not seen.from_fork
    lab.branches["topic"] = "c" * 40
    assert forge.pull(pull.number).head_sha == "c" * 40


def test_forks_are_told_by_id(forge, hub, lab, mona):
    """A fork is one by its id, even with the owner and name of the repository itself."""
    project_copy = hub.create("octo/other", branches={"topic": "d" * 40})
    project_copy.name = "lab"
    assert project_copy.full_name == lab.full_name
    assert forge.pull(lab.pull(mona, "topic", head=project_copy).number).from_fork


def test_a_deleted_fork_is_a_fork(forge, hub, lab, mona):
    """A head whose repository is gone is not one of ours."""
    pull = lab.pull(mona, "topic", sha="d" * 40)
    pull.head = None
    assert forge.pull(pull.number).from_fork


def test_no_such_pull(forge, lab, mona):
    """An issue and a number that is nobody's are no pull requests."""
    assert forge.pull(lab.issue(mona).number) is None
    assert forge.pull(99) is None


@pytest.mark.parametrize("sha", ["main", "b" * 39, "B" * 40, "--upload-pack=x" + "0" * 25, ""])
def test_what_is_no_commit(forge, hub, lab, mona, sha):
    """A head that is no commit id never gets to git."""
    pull = lab.pull(mona, "topic")
    end = hub.shapes._end
    hub.shapes._end = lambda *a: end(*a) | {"sha": sha}
    with pytest.raises(ForgeError):
        forge.pull(pull.number)


def test_default_branch(forge, lab):
    """The default branch is asked of the forge."""
    lab.default_branch = "trunk"
    assert forge.default_branch() == "trunk"
