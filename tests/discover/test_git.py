"""Golden tables: git commands → the repositories and refs that they read."""

from __future__ import annotations

import re

import pytest

from freshlayer.discover.analysis import BuildRequest
from freshlayer.discover.commands import of_script
from freshlayer.discover.reading import analyse
from freshlayer.discover.syntaxes.found import Found
from testing.scripts import surroundings

U, W = "https://example.org/u.git", "https://example.org/w.git"
KNOWN = {"U": U, "W": W, "V": "v2"}

READ = """
git clone U                                                       | U
git clone -b v1 U                                                 | U#v1
git clone --branch=v1 --depth 1 U                                 | U#v1
git clone --bra v1 --dep 1 U d                                    | U#v1
git clone --revision=refs/pull/1/head U                           | U#refs/pull/1/head
git -c http.sslVerify=false clone U                               | U
git clone U && cd u && git checkout v1                            | U#v1
git clone U d && git -C d checkout v1                             | U#v1
git clone U d && git --git-dir=d/.git --work-tree=d checkout v1   | U#v1
git clone U && cd u && git checkout -b x origin/dev               | U#dev
git clone U && cd u && git switch --detach v1                     | U#v1
git clone U && cd u && git reset --hard v1~2                      | U#v1
git clone U && cd u && git checkout tags/v1                       | U#refs/tags/v1
git clone U && cd u && git checkout v7 -- file                    | U
git clone U && cd u && git checkout v7 file                       | U
git clone U && cd u && git checkout -- file                       | U
git clone U && cd u && git checkout .                             | U
git clone U && cd u && git checkout -b mine && git checkout mine  | U
git clone U && cd u && git checkout HEAD~1                        | U
git clone U a; git clone W b; cd a; git checkout v1               | U#v1 W
git clone U a; git clone W b; git -C a checkout v1                | U#v1 W
git clone U a; git clone W b; (cd a && git checkout v1); git -C b checkout v2 | U#v1 W#v2
git clone U; git clone W; cd u; git checkout v1; cd ../w; git checkout v2     | U#v1 W#v2
cd /src; git clone U; cd u/sub; git checkout v1                   | U#v1
git clone U "$X" && cd "$X" && git checkout v1                    | U#v1
git clone U . && git checkout v1                                  | U#v1
git clone U && cd u && git fetch origin v1 && git checkout FETCH_HEAD         | U#v1
git clone -o up U && cd u && git fetch up v1 && git checkout FETCH_HEAD       | U#v1
git clone -o up U && cd u && git checkout up/v1                               | U#v1
git clone U && cd u && git fetch origin pull/15/head:pr && git checkout pr    | U#refs/pull/15/head
git clone U && cd u && git fetch origin +refs/pull/15/merge: && git checkout FETCH_HEAD | U#refs/pull/15/merge
git clone U && cd u && git fetch origin tag v1 && git checkout v1 | U#refs/tags/v1
git clone U && cd u && git fetch --all --tags && git checkout v1  | U#v1
git clone U && cd u && git fetch --unshallow && git checkout v1   | U#v1
git clone U && cd u && git fetch origin v1                        | U U#v1
git clone U && cd u && git pull                                   | U
git clone U && cd u && git pull origin dev                        | U U#dev
git clone U && cd u && git remote add b W && git fetch b x && git checkout FETCH_HEAD | U W#x
git clone U && cd u && git merge origin/dev                       | U U#dev
git clone U && cd u && git checkout $(git describe --tags --abbrev=0)         | U U#refs/tags/
git clone U && cd u && git checkout $(git tag | sort -V | tail -1)            | U U#refs/tags/
git clone U && cd u && git checkout "$(git rev-list --tags --max-count=1)"    | U U#refs/tags/
git clone U && cd u && T=$(git describe --tags) && git checkout tags/$T       | U U#refs/tags/
git clone U && cd u && git worktree add ../t v1                   | U U#v1
git clone --no-checkout U && cd u && git sparse-checkout set d && git checkout v1       | U#v1
git clone U && cd u && git submodule update --init --recursive    | U
git clone U && cd u && git lfs pull                               | U
git lfs clone U                                                   | U
git init; git remote add origin U; git fetch --depth 1 origin v1; git checkout FETCH_HEAD | U#v1
git init && git remote add origin U && git pull origin v1         | U#v1
git init && git remote add -f origin U && git checkout v1         | U#v1
git init && git fetch U v1 && git checkout FETCH_HEAD             | U#v1
git init && git remote add origin U && git fetch && git checkout v1           | U#v1
git fetch U v1                                                    | U#v1
git ls-remote U HEAD                                              | U
git ls-remote U refs/heads/dev                                    | U#refs/heads/dev
git ls-remote --tags U                                            | U#refs/tags/
git ls-remote U 'refs/tags/v1*'                                   | U#refs/tags/
git archive --remote=U v1 file                                    | U#v1
git archive --remote U HEAD                                       | U
git submodule add -b dev U d                                      | U#dev
git subtree add --prefix=x U dev                                  | U#dev
git clone U && cd u && git fetch origin a b                       | U U#a U#b
git clone /src/u && cd u && git checkout v1                       |
git clone U a && git clone ./a b && cd b && git checkout v1       | U#v1
if x; then V=v1; else V=v2; fi; git clone U && cd u && git checkout $V        | U#v1 U#v2
sudo git clone U && cd u && sudo git checkout v1                  | U#v1
git config --global url.W.insteadOf U                             |
git describe --tags; git log; git status                          |
"""


def rows(text: str) -> list[tuple[str, list[str]]]:
    found = [line.rpartition(" |") for line in text.strip().splitlines()]
    return [(left.strip(), right.split()) for left, _, right in found]


def read(script: str) -> tuple[list[str], list[str]]:
    """(references, reason codes), each sorted; U and W are URLs."""
    text = re.sub(r"(?<![\w$-])([UW])(?!\w)", lambda match: KNOWN[match[1]], script)
    found = [finding for _, finding in of_script(text, surroundings(KNOWN))]
    references = [item.text.removeprefix("git+") for item in found if isinstance(item, Found)]
    short = [item.replace(U, "U").replace(W, "W") for item in references]
    return sorted(short), sorted(item.reason.code for item in found if not isinstance(item, Found))


@pytest.mark.parametrize(("script", "expected"), rows(READ), ids=[row[0] for row in rows(READ)])
def test_git_reads_these_refs(script: str, expected: list[str]) -> None:
    assert read(script) == (sorted(expected), [])


LISTED = """
git pull                                          | repository-of-image
git fetch origin v1 && git checkout FETCH_HEAD    | repository-of-image
git submodule update --init                       | repository-of-image
git lfs pull                                      | repository-of-image
git archive --remote=origin v1                    | repository-of-image
git ls-remote origin                              | repository-of-image
git submodule update --remote                     | submodule-branches
git clone $NONE                                   | not-set
git svn clone U                                   | program-not-probed
git frobnicate U                                  | unknown-program
"""


@pytest.mark.parametrize(("script", "codes"), rows(LISTED), ids=[row[0] for row in rows(LISTED)])
def test_what_git_reads_and_is_not_known_is_listed(script: str, codes: list[str]) -> None:
    assert read(script) == ([], codes)


def test_a_ref_that_only_the_build_knows_is_listed_with_its_repository() -> None:
    found = [finding for _, finding in of_script(f"git clone -b $NONE {U}", surroundings(KNOWN))]
    assert [finding.text for finding in found] == [f"{U}#${{NONE}}"]


EARLIER = """
RUN cd u && git pull                        | U
RUN cd u && git fetch origin v1             | U#v1
RUN cd u && git submodule update --init     | U
RUN git -C u lfs pull                       | U
RUN cd u && git archive --remote=origin v1  | U#v1
RUN cd u && git checkout v1                 |
WORKDIR /u\\nRUN git pull                   | U
FROM a\\nRUN cd /u && git pull              | U
FROM b\\nRUN cd /u && git pull              | ?
"""


@pytest.mark.parametrize(("later", "expected"), rows(EARLIER), ids=[row[0] for row in rows(EARLIER)])
def test_a_repository_of_an_earlier_instruction_is_known(later: str, expected: list[str]) -> None:
    text = f"FROM b AS a\nRUN git clone {U} /u\n" + later.replace("\\n", "\n")
    found = analyse(text, BuildRequest(("linux/amd64",), all_stages=True)).discovery
    line = text.count("\n") + 1
    references = [
        str(item.reference).removeprefix("git+").replace(U, "U")
        for item in found.inputs
        if any(place.line == line for place in item.places)
    ]
    assert references + ["?" for item in found.not_watched if item.line == line] == expected
