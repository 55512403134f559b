"""Scripts that a build brings in and a RUN executes: Dockerfile and context → what is read, and where."""

from __future__ import annotations

import time

import pytest

from freshlayer.discover.analysis import Analysis, BuildRequest
from freshlayer.discover.reading import analyse
from testing.context_files import MemoryContext

FETCH = "#!/bin/sh\ncurl -fsSL https://h/${1:-none}\n"
FILES = {
    "x.sh": FETCH,
    "y.sh": "#!/bin/bash\nwget https://h/y\n",
    "scripts/x.sh": FETCH,
    "scripts/01-one": "curl https://h/one\n",
    "scripts/02-two": "curl https://h/two\n",
    "scripts/sub/z.sh": "curl https://h/z\n",
    "scripts/lib.sh": 'get() {\n  curl "https://h/$1"\n}\n',
    "scripts/main.sh": '#!/usr/bin/env bash\n\n. "$(dirname "$0")/lib.sh"\nget \\\n  main\n',
    "rootfs/usr/local/bin/fetch": FETCH,
    "link.sh": "-> scripts/x.sh",
    "p.py": "#!/usr/bin/env python3\nurlopen('https://h/python')\n",
    "binary": "\x7fELF\0\0",
}


def analysis(text: str, files: dict[str, str] | None = None, **options: object) -> Analysis:
    context = MemoryContext(FILES if files is None else files)
    return analyse(text, BuildRequest(("linux/amd64",), **options), context.read)  # type: ignore[arg-type]


def read(text: str, files: dict[str, str] | None = None) -> list[str]:
    """``PATH:LINE REFERENCE`` of what is found in scripts."""
    discovery = analysis(text, files).discovery
    found = [
        (item, place) for item in discovery.inputs for place in item.places if place.instruction == "RUN"
    ]
    return sorted(f"{place.script or ''} {item.reference}".strip() for item, place in found)


def missed(text: str, files: dict[str, str] | None = None) -> list[tuple[str, str]]:
    """(text, code) of what is not watched."""
    return [(item.text, item.reason.code) for item in analysis(text, files).discovery.not_watched]


BROUGHT = """
COPY x.sh /x.sh                             | /x.sh
COPY x.sh /                                 | /x.sh
COPY x.sh /opt/                             | /opt/x.sh
COPY x.sh /usr/local/bin                    | /usr/local/bin/x.sh
COPY ./x.sh /opt/renamed                    | /opt/renamed
COPY /x.sh /opt/renamed                     | /opt/renamed
COPY ../x.sh /x.sh                          | /x.sh
COPY --chmod=755 --chown=1:1 --link x.sh /  | /x.sh
COPY x.sh y.sh /opt/                        | /opt/x.sh
COPY x.sh y.sh /opt                         | /opt/x.sh
COPY ["x.sh", "/with blank/"]               | "/with blank/x.sh"
COPY scripts /opt                           | /opt/x.sh
COPY scripts/ /opt/                         | /opt/x.sh
COPY scripts /opt/scripts                   | /opt/scripts/x.sh
COPY . /src                                 | /src/scripts/x.sh
COPY . .                                    | /scripts/x.sh
COPY *.sh /opt/                             | /opt/x.sh
COPY scripts/x* /opt/                       | /opt/x.sh
COPY s*/x.sh /opt/                          | /opt/x.sh
COPY scr* /opt/                             | /opt/x.sh
COPY [x-y].sh /opt/                         | /opt/x.sh
COPY --parents scripts/x.sh /opt/           | /opt/scripts/x.sh
COPY --parents scripts/./x.sh /opt/         | /opt/x.sh
COPY --parents s*/x.sh /opt/                | /opt/scripts/x.sh
COPY --exclude=y.sh *.sh /opt/              | /opt/x.sh
ADD x.sh /                                  | /x.sh
ADD scripts /opt                            | /opt/x.sh
COPY link.sh /l.sh                          | /l.sh
"""
ROWS = [tuple(part.strip() for part in row.split(" | ")) for row in BROUGHT.strip().splitlines()]


@pytest.mark.parametrize(("copy", "path"), ROWS, ids=[row[0] for row in ROWS])
def test_a_script_is_found_where_an_instruction_has_put_it(copy: str, path: str) -> None:
    found = read(f"FROM scratch\n{copy}\nRUN {path} it\n")
    assert [line.partition(" ")[2] for line in found] == ["https://h/it"]


ELSEWHERE = """
COPY x.sh /x.sh                 | /opt/x.sh
COPY x.sh /opt/                 | /opt
COPY x.sh y.sh /opt/            | /opt
COPY --exclude=*.sh scripts /o  | /o/x.sh
COPY scripts /opt               | /opt/scripts/x.sh
COPY scripts/sub/z* /opt/       | /opt/sub/z.sh
COPY x.sh /x.sh\\nRUN rm /x.sh   | /x.sh
ADD x.tar.gz /opt/x.sh          | /opt/x.sh
"""
OTHERS = [tuple(part.strip() for part in row.split(" | ")) for row in ELSEWHERE.strip().splitlines()]


@pytest.mark.parametrize(("copy", "path"), OTHERS, ids=[row[0] for row in OTHERS])
def test_a_script_is_not_found_elsewhere(copy: str, path: str) -> None:
    text = copy.replace("\\n", "\n")
    assert read(f"FROM scratch\n{text}\nRUN sh {path} it\n") == []
    assert [code for _, code in missed(f"FROM scratch\n{text}\nRUN sh {path} it\n")] == ["script-of-image"]


EXECUTED = """
/x.sh it                                       | x.sh:2 https://h/it
./x.sh it                                      | x.sh:2 https://h/it
sh x.sh it                                     | x.sh:2 https://h/it
sh /x.sh it                                    | x.sh:2 https://h/it
bash -ex x.sh it                               | x.sh:2 https://h/it
bash -e -o pipefail ./x.sh it                  | x.sh:2 https://h/it
. ./x.sh it                                    | x.sh:2 https://h/it
. /x.sh                                        | x.sh:2 https://h/none
set -- me; . /x.sh                             | x.sh:2 https://h/me
true && /x.sh it && true                       | x.sh:2 https://h/it
cd /opt && ../x.sh it                          | x.sh:2 https://h/it
chmod +x /x.sh; /x.sh it                       | x.sh:2 https://h/it
sudo -u me env A=1 /x.sh it                    | x.sh:2 https://h/it
if [ -f /x.sh ]; then /x.sh it; fi             | x.sh:2 https://h/it
[ -x /x.sh ] && /x.sh it                       | x.sh:2 https://h/it
for f in /*.sh; do sh $f it; done              | x.sh:2 https://h/it\\ny.sh:2 https://h/y
sh -c '/x.sh it'                               | x.sh:2 https://h/it
v=$(/x.sh it)                                  | x.sh:2 https://h/it
cat /x.sh \\| sh -s it                          | https://h/it
sh < /x.sh                                     | https://h/none
cp /x.sh /z && /z it                           | x.sh:2 https://h/it
mv /x.sh /opt/ && /opt/x.sh it                 | x.sh:2 https://h/it
ln -s /x.sh /bin/fetch && fetch it             | x.sh:2 https://h/it
sed -i 's/none/other/' /x.sh && /x.sh          | x.sh:2 https://h/other
PATH=/:$PATH x.sh it                           | x.sh:2 https://h/it
find / -name x.sh -exec sh /x.sh it ';'        | x.sh:2 https://h/it
echo 'curl https://h/e' > /e && sh /e          | /e:1 https://h/e
printf 'curl https://h/%s\\n' e > e; sh ./e     | /e:1 https://h/e
echo 'curl https://h/e' \\| tee /e; . /e        | /e:1 https://h/e
echo 'curl https://h/e' > /e; echo 'curl https://h/f' >> /e; sh /e | /e:1 https://h/e\\n/e:2 https://h/f
"""
WAYS = [tuple(p.strip() for p in row.rsplit(" | ", 1)) for row in EXECUTED.strip().splitlines()]


@pytest.mark.parametrize(("script", "expected"), WAYS, ids=[row[0] for row in WAYS])
def test_a_script_is_followed_however_it_is_executed(script: str, expected: str) -> None:
    text = f"FROM scratch\nCOPY x.sh y.sh /\nRUN {script.replace(chr(92) + '|', '|')}\n"
    assert read(text) == expected.split("\\n")


def test_a_script_sees_its_directory_and_its_functions() -> None:
    text = "FROM scratch\nCOPY scripts /s\nRUN /s/main.sh\nWORKDIR /s\nRUN . ./lib.sh && get sourced\n"
    assert read(text) == ["scripts/lib.sh:2 https://h/main", "scripts/lib.sh:2 https://h/sourced"]


def test_a_relative_destination_is_below_the_working_directory() -> None:
    assert read("FROM scratch\nWORKDIR /a\nWORKDIR b\nCOPY x.sh c/\nRUN /a/b/c/x.sh it\n")
    assert read("FROM scratch\nWORKDIR /a\nCOPY x.sh .\nRUN ./x.sh it\n")


def test_variables_of_the_dockerfile_name_sources_and_destinations() -> None:
    assert read("FROM scratch\nARG D=scripts\nENV T=/opt\nCOPY $D/x.sh ${T}/\nRUN $T/x.sh it\n")


def test_a_program_is_looked_for_along_path() -> None:
    assert read("FROM scratch\nCOPY rootfs /\nRUN fetch it\n") == [
        "rootfs/usr/local/bin/fetch:2 https://h/it"
    ]
    assert read('FROM scratch\nENV PATH="/opt/s:$PATH"\nCOPY scripts /opt/s\nRUN x.sh it\n')
    assert read("FROM scratch\nCOPY x.sh /opt/\nRUN x.sh it\n") == []


def test_the_exec_form_is_followed_and_an_entrypoint_is_not() -> None:
    assert read('FROM scratch\nCOPY x.sh /\nRUN ["/x.sh", "it"]\n') == ["x.sh:2 https://h/it"]
    assert read('FROM scratch\nCOPY x.sh /\nENTRYPOINT ["/x.sh"]\nCMD /x.sh\n') == []


def test_run_parts_runs_what_has_a_plain_name_in_order() -> None:
    found = read("FROM scratch\nCOPY scripts /s\nRUN run-parts --exit-on-error /s\n")
    assert found == ["scripts/01-one:1 https://h/one", "scripts/02-two:1 https://h/two"]


def test_a_bind_mount_brings_files_for_one_run() -> None:
    mount = "--mount=type=bind,source=scripts,target=/m"
    assert read(f"FROM scratch\nRUN {mount} /m/x.sh it\n") == ["scripts/x.sh:2 https://h/it"]
    assert read(f"FROM scratch\nRUN {mount} true\nRUN sh /m/x.sh it\n") == []
    assert read("FROM scratch\nRUN --mount=target=/m sh /m/x.sh it\n")
    assert read("FROM scratch\nWORKDIR /w\nRUN --mount=source=x.sh,target=x.sh ./x.sh it\n")
    assert read("FROM scratch\nCOPY x.sh /m/\nRUN --mount=type=tmpfs,target=/m sh /m/x.sh it\n") == []


def test_another_stage_brings_files() -> None:
    stage = "FROM scratch AS one\nWORKDIR /w\nCOPY scripts s\n"
    assert read(f"{stage}FROM scratch\nCOPY --from=one /w/s/x.sh /\nRUN /x.sh it\n")
    assert read(f"{stage}FROM scratch\nCOPY --from=0 /w/s /t\nRUN /t/x.sh it\n")
    assert read(f"{stage}FROM scratch\nRUN --mount=from=one,source=/w/s,target=/t /t/x.sh it\n")
    assert read(f"{stage}FROM one\nRUN s/x.sh it\n")


def test_a_document_is_a_file() -> None:
    text = "FROM scratch\nARG V=1\nCOPY <<EOF {name}/x.sh\ncurl https://h/$V-\\$1\nEOF\nRUN sh /x.sh it\n"
    assert read(text.format(name="")) == ["/x.sh:1 https://h/1-it"]
    quoted = text.replace("<<EOF", "<<'EOF'").replace("\\$", "$")
    assert read(quoted.format(name="")) == ["/x.sh:1 https://h/1-it"]
    into = "FROM scratch\nCOPY <<a.sh <<b.sh /d/\ncurl https://h/a\na.sh\ncurl https://h/b\nb.sh\n"
    assert read(f"{into}RUN . /d/b.sh\n") == ["/d/b.sh:1 https://h/b"]


def test_a_file_that_an_earlier_run_writes_is_known() -> None:
    text = "FROM scratch\nRUN cat > /x.sh <<'E'\ncurl https://h/$1\nE\nRUN chmod 755 /x.sh && /x.sh it\n"
    assert read(text) == ["/x.sh:1 https://h/it"]


def test_a_child_sees_what_is_exported() -> None:
    files = {"x.sh": "curl https://h/$A-$B-${C-}-$D\n"}
    text = "FROM scratch\nARG A=a\nENV B=b\nCOPY x.sh /\nRUN C=c; export D=d; sh /x.sh\n"
    assert read(text, files) == ["x.sh:1 https://h/a-b--d"]
    assert read(text.replace("sh /x.sh", "C=1 sh /x.sh"), files) == ["x.sh:1 https://h/a-b-1-d"]
    assert read(text.replace("sh /x.sh", ". /x.sh"), files) == ["x.sh:1 https://h/a-b-c-d"]


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        ("/p.py", ("p.py", "other-interpreter")),
        ("python3 -u /p.py", ("p.py", "other-interpreter")),
        ("/binary", ("binary", "script-is-binary")),
        ("sh /none.sh", ("/none.sh", "script-of-image")),
        ("curl -fo /d.sh https://h/d && sh /d.sh", ("https://h/d", "script-not-read")),
        ("wget https://h/d.sh && chmod +x d.sh && ./d.sh", ("https://h/d.sh", "script-not-read")),
        ("curl https://h/d > /d.sh; sh /d.sh", ("https://h/d", "script-not-read")),
        ("perl -pi -e 's/a/b/' /x.sh && /x.sh", ("x.sh", "script-changed")),
    ],
)
def test_what_can_not_be_followed_is_one_line(run: str, expected: tuple[str, str]) -> None:
    assert missed(f"FROM scratch\nCOPY x.sh p.py binary /\nRUN {run}\n") == [expected]


def test_the_urls_of_other_scripts_are_a_hint() -> None:
    (item,) = analysis("FROM scratch\nCOPY p.py /\nRUN /p.py\n").discovery.not_watched
    assert "https://h/python" in item.reason.hint


def test_scripts_that_execute_each_other_end() -> None:
    files = {"a.sh": "sh /b.sh\ncurl https://h/a\n", "b.sh": "sh /a.sh\ncurl https://h/b\n"}
    text = "FROM scratch\nCOPY *.sh /\nRUN sh /a.sh\n"
    assert read(text, files) == ["a.sh:2 https://h/a", "b.sh:2 https://h/b"]
    assert [code for _, code in missed(text, files)] == ["limit-reached"]


def test_a_long_script_is_followed_to_its_end() -> None:
    comments = "# a line of a licence that nothing executes\n"
    script = comments * (900 * 1024 // len(comments)) + "curl https://h/a\n"
    assert read("FROM scratch\nCOPY x.sh /\nRUN sh /x.sh\n", {"x.sh": script}) == ["x.sh:20946 https://h/a"]


def test_a_script_that_takes_too_long_to_parse_is_one_line() -> None:
    for script in ("a|" * 10_000 + "a; curl https://h/a", "x=( " * 3000 + "curl https://h/a"):
        assert missed("FROM scratch\nCOPY x.sh /\nRUN sh /x.sh\n", {"x.sh": script}) == [
            ("x.sh", "script-too-long")
        ]


def test_nothing_of_the_context_is_wanted_unless_a_script_is_executed() -> None:
    context = MemoryContext(FILES)
    text = (
        "FROM scratch\nCOPY . /src\nCOPY scripts/ x.sh /opt/\nRUN cd /src && make install && apt-get update\n"
    )
    analyse(text, BuildRequest(("linux/amd64",)), context.read)
    assert context.asked == []


def test_the_key_is_about_the_references_alone() -> None:
    """The text of a script is no part of it: docker sees that through COPY."""
    one = analysis("FROM scratch\nCOPY x.sh /\nRUN sh /x.sh it\n", {"x.sh": "curl https://h/it\n"})
    two = analysis("FROM scratch\nCOPY x.sh /\nRUN sh /x.sh it\n", {"x.sh": "# new\n\ncurl https://h/it\n"})
    assert one.discovery.by_instruction == two.discovery.by_instruction != {}


def test_a_named_context_is_not_an_image() -> None:
    text = "FROM base\nCOPY --from=other x.sh /\nRUN sh /x.sh\n"
    contexts = {"base": "docker-image://debian:12", "other": "./other"}
    discovery = analysis(text, contexts=contexts).discovery
    assert [str(item.reference) for item in discovery.inputs] == [
        "docker-image://docker.io/library/debian:12"
    ]
    assert [(it.text, it.reason.code) for it in discovery.not_watched] == [("x.sh", "script-not-in-context")]
    remote = analysis(text, contexts={**contexts, "other": "https://h/a.git"}).discovery
    assert [it.reason.code for it in remote.not_watched] == ["context-not-watched", "script-not-in-context"]


def test_a_context_that_is_not_read_is_one_line() -> None:
    found = analyse("FROM scratch\nCOPY . /src\nRUN /src/x.sh\n", BuildRequest(("linux/amd64",))).discovery
    assert [(it.text, it.reason.code) for it in found.not_watched] == [("x.sh", "script-not-in-context")]


def test_the_line_of_a_script_is_that_of_its_command() -> None:
    script = """\
    # one
    if true && \\
       true; then
      V="$(curl https://h/look-up)"
    fi
    for f in $(curl https://h/list); do :; done
    wget \\
      https://h/last
    """
    files = {"x.sh": "\n".join(line[4:] for line in script.splitlines())}
    assert read("FROM scratch\nCOPY x.sh /\nRUN sh /x.sh\n", files) == [
        "x.sh:4 https://h/look-up",
        "x.sh:6 https://h/list",
        "x.sh:7 https://h/last",
    ]


@pytest.mark.parametrize(
    "trigger", ["/x.sh", "sh x.sh", "./none.sh", "curl https://h/a", "apt-get install -y a"]
)
def test_a_trigger_that_reads_something_is_listed(trigger: str) -> None:
    assert [code for _, code in missed(f"FROM scratch\nCOPY x.sh /\nONBUILD RUN {trigger}\n")] == [
        "onbuild-trigger"
    ]


@pytest.mark.parametrize("trigger", ["RUN mkdir /a", "COPY . /src", "USER me"])
def test_a_trigger_that_reads_nothing_is_not(trigger: str) -> None:
    assert missed(f"FROM scratch\nONBUILD {trigger}\n") == []


def _times(count: int, command: str) -> str:
    return "; ".join(command.replace("{}", str(n)) for n in range(count))


HOSTILE = {
    "a long script": (
        "COPY x.sh /\nRUN sh /x.sh",
        {"x.sh": "".join(f"curl http://h/{n}\n" for n in range(5_000))},
    ),
    "appending": ('RUN for i in $(seq 1 1500); do echo "curl http://h/$i" >> /x; done; sh /x', {}),
    "copies of copies": (
        f"COPY d /d\nRUN {_times(250, 'cp -r /d /d/a{}')}; sh /d/a9/x.sh",
        {"d/x.sh": "true"},
    ),
    "links": (f"COPY d /d0\nRUN {_times(250, 'ln -s /d{} /e{}')}; sh /e9/x.sh", {"d/x.sh": "true"}),
    "many programs": (
        "".join(f"COPY d{n} /\n" for n in range(300)) + f"RUN {_times(500, 'p{}')}",
        {"x": "true"},
    ),
    "scripts of scripts": (
        "COPY . /\nRUN sh /0.sh",
        {f"{n}.sh": "".join(f"sh /{m}.sh\n" for m in range(n * 5 + 1, n * 5 + 6)) for n in range(300)},
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_the_analysis_ends_in_time_whatever_is_written(name: str) -> None:
    text, files = HOSTILE[name]
    start = time.process_time()
    analysis(f"FROM scratch\n{text}\n", files)
    assert time.process_time() - start < 10
