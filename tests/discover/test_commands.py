"""Golden tables: a script → the URLs that it reads, and what is listed as not watched."""

from __future__ import annotations

import re

import pytest

from freshlayer.discover.commands import of_calls, of_script
from freshlayer.discover.syntaxes.found import Found
from freshlayer.shell import follow_words
from testing.scripts import surroundings

U, W = "https://example.org/a", "https://example.org/b"
KNOWN = {"V": "1.2", "URL": U, "BASE": "https://example.org"}


AROUND = surroundings(KNOWN, unset=frozenset({"ARG"}), secrets=frozenset({"TOKEN"}))


def read(script: str) -> tuple[list[str], list[str]]:
    """(URLs, what is listed with its reason) of a script, in order."""
    urls: list[str] = []
    missed: list[str] = []
    for _, finding in of_script(script, AROUND):
        if isinstance(finding, Found):
            urls.append(finding.text)
        else:
            missed.append(f"{finding.text}: {finding.reason}")
    return urls, missed


CURL = """
curl U                                  | U
curl -O U                               | U
curl -o F U                             | U
curl -oF U                              | U
curl U -o F                             | U
curl --output F U                       | U
curl --output=F U                       | U
curl -fsSL U                            | U
curl -fsSLo F U                         | U
curl -sSLOJ U                           | U
curl -Lo - U                            | U
curl -so/dev/null U                     | U
curl -H 'Accept: */*' U                 | U
curl -H "X: https://example.org/no" U   | U
curl -HX:Y U                            | U
curl --header X:Y U                     | U
curl --url U                            | U
curl --url=U -o F                       | U
curl --url U --url W                    | U W
curl -O U -O W                          | U W
curl -o F U -o G W                      | U W
curl -Z U W                             | U W
curl -- U                               | U
curl -X GET U                           | U
curl -XGET U                            | U
curl -sX GET U                          | U
curl -X POST -X GET U                   | U
curl --request GET U                    | U
curl -I U                               | U
curl -A agent -e U2 -m 10 U             | U
curl -u user:pw U                       | U
curl -x http://proxy:3128 U             | U
curl -b c=d -c jar U                    | U
curl -w '%{http_code}' U                | U
curl -r 0-10 -z F -C - U                | U
curl -E cert --cacert F --key K U       | U
curl --retry 3 --retry-delay 5 U        | U
curl --retry-all-errors --fail U        | U
curl --connect-timeout 5 --max-time 9 U | U
curl --proto '=https' --tlsv1.2 -sSf U  | U
curl --compressed -4 -k -# -n -q U      | U
curl --create-dirs --output-dir D -O U  | U
curl --no-progress-meter -g U           | U
curl --resolve a:1:b --interface eth0 U | U
curl --etag-save F --etag-compare F U   | U
curl -D- -oF U                          | U
curl example.org/a                      | http://example.org/a
curl "http://[::1]:80/a"                | http://[::1]:80/a
curl -g 'https://example.org/[1]'       | https://example.org/[1]
curl -G -d q=1 U                        | https://example.org/a?q=1
curl -G -d q=1 --data r=2 U             | https://example.org/a?q=1&r=2
curl --version                          |
curl                                    |
curl "" -o F                            |
"""

WGET = """
wget U                                  | U
wget -O F U                             | U
wget -OF U                              | U
wget -O- U                              | U
wget -qO- U                             | U
wget -qO - U                            | U
wget -q -O - U                          | U
wget U -O F                             | U
wget --output-document=F U              | U
wget --output-document F U              | U
wget -nv U                              | U
wget -nv -O F U                         | U
wget -nc -nd -nH -np U                  | U
wget -q -P D U                          | U
wget --directory-prefix=D U             | U
wget -c -N -S U                         | U
wget -t 3 -T 10 -w 1 U                  | U
wget --tries=3 --timeout 10 U           | U
wget --header 'X: Y' U                  | U
wget --header='X: https://no' U         | U
wget -U agent --referer=R U             | U
wget --no-check-certificate U           | U
wget --progress=dot:giga U              | U
wget --progress dot U                   | U
wget -q --show-progress --https-only U  | U
wget --user=u --password=p U            | U
wget -e robots=off U                    | U
wget -o log U                           | U
wget -a log -nv U                       | U
wget --spider U                         | U
wget --method=HEAD U                    | U
wget --content-disposition -4 U         | U
wget --no-verbose --quiet U             | U
wget -- U                               | U
wget U W                                | U W
wget -O F U W                           | U W
wget example.org/a                      | http://example.org/a
wget --version                          |
wget                                    |
"""


def table(text: str) -> list[tuple[str, list[str]]]:
    rows = [line.partition(" |") for line in text.strip().splitlines()]
    return [(spelled(left), spelled(right).split()) for left, _, right in rows]


def spelled(text: str) -> str:
    """``U`` and ``W`` are the two URLs."""
    return re.sub(r"(?<![\w$-])[UW](?!\w)", lambda match: {"U": U, "W": W}[match[0]], text.rstrip())


@pytest.mark.parametrize(("script", "urls"), table(CURL), ids=[row[0] for row in table(CURL)])
def test_the_options_of_curl_are_no_urls(script: str, urls: list[str]) -> None:
    assert read(script) == (urls, [])


@pytest.mark.parametrize(("script", "urls"), table(WGET), ids=[row[0] for row in table(WGET)])
def test_the_options_of_wget_are_no_urls(script: str, urls: list[str]) -> None:
    assert read(script) == (urls, [])


RUNS_IT = """
sudo curl U
sudo -E curl U
sudo -u nobody curl U
sudo -- curl U
sudo X=1 curl U
env curl U
env -i curl U
env -u HOME X=1 curl U
X=1 Y=2 curl U
timeout 60 curl U
timeout -s KILL 60 curl U
timeout -k 5 60s curl U
timeout --signal=KILL 60 curl U
timeout --preserve-status 60 curl U
time curl U
nice -n 10 curl U
nohup curl U
exec curl U
command curl U
eatmydata curl U
gosu user curl U
su-exec user:group curl U
busybox wget U
retry curl U
sudo env X=1 timeout 60 curl U
/usr/bin/curl U
curl U | tar x
curl U | sudo tar xz
(cd /x && curl -O U)
{ curl U; }
! curl U
curl U || exit 1
[ -f x ] || curl U
if curl U; then x; fi
if x; then curl U; fi
while ! curl U; do sleep 1; done
until curl U; do sleep 1; done
for i in 1 2 3; do curl U && break; done
case $x in a) curl U;; esac
f() { curl U; }; f
x=$(curl U)
x="$(curl U)"
x=`curl U`
export x=$(curl U)
echo $(curl U)
echo "$(curl -s U | cut -d' ' -f1)"
tar xz < <(curl U)
diff <(curl U) f
cat <<< "$(curl U)"
set -eux; curl U
curl U > f
curl U >> f 2>&1
curl -s U 2>/dev/null
curl -s 2>/dev/null U
curl -s > f U
> f curl U
curl U &
sh -c 'curl U'
sh -ec "curl U"
bash -lc 'set -e; curl U'
bash -o pipefail -c 'curl U | tar x'
/bin/sh -c "sh -c 'curl U'"
sh -c "curl -o f U"
curl $URL
curl "$URL"
curl ${URL}
/usr/bin/curl $URL
curl "$BASE/a"
curl ${BASE}/${NONE:-a}
curl ${BASE}/${NONE-a}
u=1; curl U
"""
OVER_LINES = [
    "cd x\ncurl U\n",
    "curl \\\n  U",
    "cat <<EOF | tee f\nx\nEOF\ncurl U",
    "if x\nthen\n  curl U\nfi",
    "set -e # U\ncurl U",
]


@pytest.mark.parametrize("script", [*RUNS_IT.strip().splitlines(), *OVER_LINES])
def test_a_command_is_found_wherever_it_stands(script: str) -> None:
    urls, missed = read(spelled(script))
    assert (list(dict.fromkeys(urls)), missed) == ([U], [])


SENT = """
curl -X POST U                          | POST
curl -XPOST U                           | POST
curl -X GET -d x=y -X PUT U             | PUT
curl --request POST U                   | POST
curl --request=DELETE U                 | DELETE
curl -X PUT -T F U                      | PUT
curl -d x=y U                           | POST
curl -dx=y U                            | POST
curl --data x=y U                       | POST
curl --data-raw x --data-binary @F U    | POST
curl --data-urlencode x U               | POST
curl --json '{}' U                      | POST
curl -F f=@F U                          | POST
curl -T F U                             | PUT
curl --upload-file F U                  | PUT
curl -sd x U                            | POST
wget --post-data x U                    | POST
wget --post-data=x U                    | POST
wget --post-file=F U                    | POST
wget --method=POST --body-data=x U      | POST
wget --method PUT U                     | PUT
curl -X PATCH -d x U                    | PATCH
curl -sX post U                         | POST
wget --method=post U                    | POST
curl -X GET -d x U                      | POST
curl --data-raw x U                     | POST
curl --form f=@F U                      | POST
"""


@pytest.mark.parametrize(("script", "method"), [row.split("|") for row in SENT.strip().splitlines()])
def test_what_is_no_get_is_listed_with_its_method(script: str, method: str) -> None:
    urls, missed = read(spelled(script))
    program = script.split(maxsplit=1)[0]
    reason = f"{program} sends a {method.strip()} request, which freshlayer does not repeat"
    assert (urls, missed) == ([], [f"{U}: {reason}"])


def test_options_hold_up_to_next() -> None:
    urls, missed = read(f"curl -d x {U} --next {W}")
    assert (urls, len(missed)) == ([W], 1)


def test_get_with_data_is_a_get() -> None:
    assert read(f"curl -G -d x=1 --data-urlencode 'y=a b' {U}") == ([f"{U}?x=1&y=a+b"], [])
    assert read(f"curl --path-as-is {U}/../b; curl {U}/../b") == ([f"{U}/../b", W], [])
    assert read(f"wget {U}/../b; aria2c {U}/./../b") == ([W, W], [])


SAME_NAME_TWICE = [
    (f"curl {U} && wget {W}", [U, W]),
    (f"curl {U}; curl {U}", [U, U]),
    (f"curl {U} -o f || wget -O f {W}", [U, W]),
    (f"echo $(curl {U}) $(wget -qO- {W})", [U, W]),
]


@pytest.mark.parametrize(("script", "urls"), SAME_NAME_TWICE)
def test_every_command_counts_in_order(script: str, urls: list[str]) -> None:
    assert read(script) == (urls, [])


NOTHING = [
    f"echo curl {U}",
    f"echo '{U}'",
    f"# curl {U}",
    f"x # curl {U}",
    f"printf '%s' {U} > f",
    f'echo "deb {U} stable main" > /etc/apt/sources.list.d/x.list',
    f"echo {U} | tee f",
    f"sed -i 's#http://a#{U}#' f",
    f"cat > f <<EOF\ncurl {U}\nEOF",
    f"cat <<'EOF' > f\ncurl {U}\nEOF",
    f"export URL={U}",
    f"URL={U}",
    f"git config --global url.{U}.insteadOf git@example.org:",
    f"npm config set registry {U}",
    f"test x = {U}",
    f"grep {U} f",
    f"mkdir -p {U}",
    "which curl",
    "command -v curl",
    "rm -rf /usr/bin/curl",
    "apk del curl wget",
    "apt-get clean",
    "git status",
    "echo 'no network here'",
    "make install",
    "",
]


@pytest.mark.parametrize("script", NOTHING)
def test_what_only_names_a_url_or_a_tool_is_no_input(script: str) -> None:
    assert read(script) == ([], [])


FOUND = [
    (f"curl -o f {U}/$(uname -m)", [f"{U}/x86_64"]),
    ("V=2; curl https://example.org/$V", ["https://example.org/2"]),
    ("for f in a b; do curl https://example.org/$f; done", [U, W]),
    ("curl 'https://example.org/{a,b}'", [U, W]),
    ("curl https://example.org/{a,b}", [U, W]),
    ("wget https://example.org/{a,b}", [U, W]),
    ("curl 'https://example.org/x[1-3]'", [f"https://example.org/x{n}" for n in (1, 2, 3)]),
    ("curl 'https://example.org/[a-b]'", [U, W]),
    ("curl 'https://example.org/x[08-10]'", [f"https://example.org/x{n}" for n in ("08", "09", "10")]),
    ("curl 'https://example.org/x[0-6:3]'", [f"https://example.org/x{n}" for n in (0, 3, 6)]),
    (f"git clone {U}", [f"git+{U}"]),
    (f"hg clone {U}", [f"hg+{U}"]),
    (f"hg clone {U}#v1 /source", [f"hg+{U}#v1"]),
    (f"hg clone -u v1 -r v2 {U}", [f"hg+{U}#v1"]),
    (f"hg --cwd /x clone --rev=v2 {U} && cd a && hg log", [f"hg+{U}#v2"]),
    (f"hg clone -b stable {U}", [f"hg+{U}#stable"]),
    (f"hg clone -U {U} r && cd r && hg update -C v1", [f"hg+{U}#v1"]),
    (f"hg clone {U} r; hg -R r up -r v1; hg -R r up .", [f"hg+{U}#v1"]),
    (f"hg clone {U} r; hg -R r update", [f"hg+{U}"]),
    (f"hg clone {U} a; hg clone {W} b; hg -R b co v2", [f"hg+{U}", f"hg+{W}#v2"]),
    (f"hg init && hg pull -u -r v1 {U}", [f"hg+{U}#v1"]),
    (f"hg pull {U} && hg update v1~2", [f"hg+{U}#v1"]),
    (f"hg id -i -b {U}", [f"hg+{U}"]),
    ("hg clone ssh://hg@example.org/r", ["hg+ssh://hg@example.org/r"]),
    ("hg clone /mirror r && hg pull && hg log -r v1", []),
    (f"git clone {U}; hg clone {W}; git checkout v1", [f"git+{U}#v1", f"hg+{W}"]),
    (f"pip install hg+{U}", [f"hg+{U}"]),
    ("pip install hg+https://example.org/@v1", ["hg+https://example.org/#v1"]),
    ("pip install git+https://user@example.org/", ["git+https://user@example.org/"]),
    (f"pip install 'a @ hg+{U}@v1#egg=a'", [f"hg+{U}#v1"]),
    (f"pip install -e hg+{U}@stable#egg=a&subdirectory=b", [f"hg+{U}#stable"]),
    ("git clone git@example.org:x/y", ["git+ssh://git@example.org/x/y"]),
    ("aws s3 cp s3://b/k .", ["s3://b/k"]),
    ("aws s3 sync s3://b/dir /d", ["s3://b/dir/"]),
    ("aws s3 cp --recursive s3://b/dir /d", ["s3://b/dir/"]),
    ("gsutil cp gs://b/a%41 .", ["gs://b/a%2541"]),
    ("gsutil cp 'gs://b/a*' .", []),
    ("gsutil cp -r gs://b/report.tar .", ["gs://b/report.tar"]),
    ("gsutil cp -r gs://b/v1.2 .", ["gs://b/v1.2/"]),
    ("gsutil cp -r gs://b/models/resnet.v2 .", ["gs://b/models/resnet.v2/"]),
    ("gsutil -m rsync -r gs://b/conf.zip /etc", ["gs://b/conf.zip/"]),
    ("gsutil rsync -r gs://b.example.com /data", ["gs://b.example.com/"]),
    (f"aria2c {U}", [U]),
    (f"rpm -U {U}", [U]),
    (f"python3 -c \"import urllib.request as r; r.urlopen('{U}')\"", [U]),
    (f"python3 <<EOF\nurlopen('{U}')\nEOF", [U]),
    (f"apt-key adv --fetch-keys {U}", [U]),
    (f'eval "curl {U}"', [U]),
    (f"su - user -c 'curl {U}'", [U]),
    (f"su -c 'curl {U}' user", [U]),
    (f"echo {U} | xargs curl -O", [U]),
    (f"echo {U} {W} | xargs -n1 curl -O", [U, W]),
    (f"echo {U} | xargs -I{{}} curl -O {{}}", [U]),
    ("echo a | xargs -I{} curl https://example.org/{}", [U]),
    (f"echo x | xargs -I{{}} sh -c 'curl {U}'", [U]),
    (f"find . -exec curl {U} ;", [U]),
    (f"find . -name x -exec sh -c 'curl {U}' \\;", [U]),
    (f"echo 'curl {U}' | sh", [U]),
    (f"sh <<EOF\ncurl {U}\nEOF", [U]),
    (f"bash -s <<'EOF'\ncurl {U}\nEOF", [U]),
    (f"sh <<< 'curl {U}'", [U]),
    (f"bash <(curl {U})", [U]),
    (f'bash -c "$(curl -fsSL {U})"', [U]),
    (f"sh -c 'curl $1' x {U}", [U]),
    (f"eval $(curl {U})", [U]),
    (f"curl -s {U} | grep x | wget -i -", [U]),
]


@pytest.mark.parametrize(("script", "urls"), FOUND, ids=[row[0] for row in FOUND])
def test_what_the_script_makes_of_its_words_is_found(script: str, urls: list[str]) -> None:
    assert list(dict.fromkeys(read(script)[0])) == urls


NOT_WATCHED = [
    ("curl $NONE", "${NONE}", "NONE: is not set"),
    ("curl https://example.org/$NONE", "https://example.org/${NONE}", "NONE: is not set"),
    ("wget $NONE", "${NONE}", "NONE: is not set"),
    ("/usr/bin/wget $NONE", "${NONE}", "NONE: is not set"),
    ("curl https://example.org/$ARG", "https://example.org/${ARG}", "ARG: needs a build argument"),
    ("curl https://example.org/$(x)", "https://example.org/$(x)", "needs the output of x"),
    (f"V=$(curl {U}); curl https://example.org/$V", "https://example.org/", f"the answer to curl {U}"),
    (f"rpm -U {U}/$(x).rpm", f"{U}/$(x).rpm", "needs the output of x"),
    ("curl -K f", "curl --config", "file"),
    ("curl --config f", "curl --config", "file"),
    ("wget -i f", "wget --input-file", "file"),
    ("wget --input-file=f", "wget --input-file", "file"),
    ("curl 'https://example.org/[1-3000]'", "https://example.org/[1-3000]", "curl expands"),
    ("curl 'https://example.org/[x]'", "https://example.org/[x]", "curl expands"),
    ("apt-get update", "apt-get update", "packages by name"),
    ("apt-get install -y curl wget", "apt-get install curl wget", "packages by name"),
    ("sudo apt-get -qq install x", "apt-get install x", "packages by name"),
    ("apk add --no-cache curl", "apk add", "packages by name"),
    ("dnf install -y x", "dnf install", "packages by name"),
    ("pip install x", "pip install x", "packages by name"),
    ("uv pip install x y", "uv pip install x y", "packages by name"),
    ("rclone copy remote:a /b", "rclone copy remote:a /b", "names the object store"),
    ("mc cp --recursive $ARG/a /b", "mc cp --recursive ${ARG}/a /b", "names the object store"),
    ("npm ci", "npm ci", "packages by name"),
    ("go mod download", "go mod download", "packages by name"),
    ("cargo build", "cargo build", "packages by name"),
    ("bzr pull https://example.org/r", "bzr pull https://example.org/r", "bzr"),
    ("svn co https://example.org/r", "svn co https://example.org/r", "svn: freshlayer has no probe"),
    ("rsync rsync://example.org/r .", "rsync rsync://example.org/r .", "rsync: freshlayer has no probe"),
    (f"python3 -c \"import urllib.request as r; r.frobnicate('{U}')\"", U, "python"),
    (f"./install.sh --from={U}", U, "install.sh"),
    (f"$FETCH {U}", U, "does not know"),
    ('sh -c "$NONE" curl', "${NONE}", "NONE: is not set"),
    (f"curl {W} | sh -s -- {U}", U, "sh"),
    ("cat urls | xargs wget", "", "needs the output of cat urls"),
    ("xargs -n1 curl -O < urls", "", "needs the output of cat urls"),
    ("find . -name x -exec wget -i {} ;", "wget --input-file", "file"),
    (f"python3 <<EOF\nurllib.frobnicate('{U}')\nEOF", U, "python"),
    (f"echo {U} | ./read-urls", U, "read-urls"),
    ("curl https://example.org/$TOKEN", "https://example.org/${TOKEN}", "TOKEN: comes from a build secret"),
]


@pytest.mark.parametrize(
    ("script", "text", "reason"),
    NOT_WATCHED,
    ids=[row[0] for row in NOT_WATCHED],
)
def test_what_can_not_be_watched_is_listed_with_its_reason(script: str, text: str, reason: str) -> None:
    """Design rule 4: nothing is skipped silently."""
    _, missed = read(script)
    assert any(text in item and reason in item for item in missed)


BROKEN = [
    (f"if curl -o f {U}; then (", [U], 0),
    (f"curl '{U}", [], 1),
    (f'curl {U}"x" | (', [], 1),
    (f"curl 'https://example.org/y z' -o '{U}", [], 1),
    ("curl https://example.org/$V )", ["https://example.org/1.2"], 1),
    (f"echo ( curl {U} && curl https://example.org/$V", [U], 1),
]


@pytest.mark.parametrize(("script", "urls", "missed"), BROKEN)
def test_of_a_script_that_does_not_parse_the_literal_urls_are_read(
    script: str, urls: list[str], missed: int
) -> None:
    found, listed = read(script)
    assert set(urls) <= set(found)
    assert len(listed) >= missed
    assert all("can't follow the script to its end" in item for item in listed)


def test_comments_and_printed_text_of_a_script_that_does_not_parse_are_no_inputs() -> None:
    script = f"echo 'see {U}c' # {U}d\nprintf '%s' {U}e\nif curl {U}f; then ("
    urls, missed = read(script)
    assert set(urls) == {f"{U}f"}
    assert not any(f"{U}{end}" in item for item in missed for end in "cde")


def test_what_a_limit_cut_short_is_listed_and_not_guessed() -> None:
    loop = 'while [ "$i" != x ]; do i=1$i; done'
    urls, missed = read(f"i=; {loop}\nV=2 tool {U}$V")
    assert urls == []
    assert missed


def test_a_script_without_parse_and_without_literal_url_is_listed() -> None:
    urls, missed = read("if curl -o f $URL; then (")
    assert urls or missed


def test_a_script_that_is_too_long_is_listed() -> None:
    urls, missed = read(f"curl {U}\n" + "x\n" * 200_000)
    assert urls == []
    assert len(missed) == 1
    assert "too long" in missed[0]


def test_a_script_inside_scripts_is_listed_at_some_depth() -> None:
    script = f"curl {U}"
    for _ in range(3):
        script = "sh -c " + "'" + script.replace("'", "'\\''") + "'"
    assert read(script) == ([U], [])
    for _ in range(4):
        script = "sh -c " + "'" + script.replace("'", "'\\''") + "'"
    urls, missed = read(script)
    assert urls == [U] or missed


def test_the_words_of_an_exec_form_are_taken_as_they_are() -> None:
    following = follow_words(("curl", "-o", "a b", U), AROUND)
    found = [finding for _, finding in of_calls(following.calls)]
    assert [finding.text for finding in found] == [U]


def test_the_syntax_that_found_it_is_named() -> None:
    assert [via for via, _ in of_script(f"curl {U}; sudo wget {W}; git clone {U}", AROUND)] == [
        "curl",
        "wget",
        "git clone",
    ]
