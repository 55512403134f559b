"""Programs whose arguments mean more than packages or URLs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from freshlayer.discover.programs.readers import Named, github, is_remote, packages, remote, text_of
from freshlayer.discover.programs.rows import Invocation
from freshlayer.discover.syntaxes.found import Finding, Found, Missed, Unknown, Word, written
from freshlayer.discover.syntaxes.git_sources import git_text
from freshlayer.discover.syntaxes.git_sources import is_remote as is_repository
from freshlayer.lazy_regex import compiled
from freshlayer.model.reasons import Reason

_ARCHIVE = compiled(r"(?:https?|ftps?)://\S+\.(?:tgz|tar(?:\.\w+)?|zip|gem|rb|ya?ml|json)(?:[?#]\S*)?")
_HUB = "https://huggingface.co"
_FINGERPRINT = compiled(r"(?:0[xX])?(?:[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64})")
"""Of an OpenPGP key of version 4 or 6: the digest of its material."""
_CHANNELS = ("doc.php.net", "pear.php.net", "pecl.php.net")
_OF_PEAR = compiled(
    r"(?:channel://)?(?:(?P<channel>(?:pear|pecl)\.php\.net)/)?(?P<name>[A-Za-z]\w*)"
    r"(?:-(?P<version>\d[\w.]*|stable|beta|alpha|devel))?"
)
_REPOSITORY = compiled(r"[\w.-]+(?:/[\w.-]+)?")
_OWNED = compiled(r"(?:https?://)?(?:[\w.-]+\.\w+/)?([\w.-]+/[\w.-]+)")


def unknown(run: Invocation, word: Unknown) -> Missed:
    """Why an argument is not known."""
    return Missed(word.text, word.reason, run.name)


def cargo(run: Invocation) -> Iterator[Finding | Named]:
    """``cargo install --git URL --branch B``: the crates that it depends on are packages."""
    url = run.value("--git")
    ref = run.value("--rev", "--tag", "--branch")
    if isinstance(url, Unknown):
        yield unknown(run, url)
    elif isinstance(ref, Unknown) and url:
        yield Missed(f"{url}#{ref.text}", ref.reason, run.name)
    elif url:
        yield Found(git_text(url, written(ref or "")), run.name)
    yield from packages(run)


def helm_plugin(run: Invocation) -> Iterator[Finding]:
    """``helm plugin install URL --version V``: a repository, or an archive."""
    version = run.value("--version")
    for word in run.operands[:1]:
        if isinstance(word, Unknown):
            yield unknown(run, word)
        elif _ARCHIVE.fullmatch(word):
            yield Found(word, run.name)
        elif isinstance(version, Unknown):
            yield Missed(f"{word}#{version.text}", version.reason, run.name)
        elif is_repository(word):
            yield Found(git_text(word, version or ""), run.name)


def helm_repository(run: Invocation) -> Iterator[Finding]:
    """``helm repo add NAME URL`` reads the index."""
    yield from (_index(run, word) for word in run.operands[1:2])


def _index(run: Invocation, word: Word) -> Finding:
    if isinstance(word, Unknown):
        return unknown(run, word)
    return Found(f"{word.rstrip('/')}/index.yaml", run.name)


def helm_chart(run: Invocation) -> Iterator[Finding]:
    """A chart by its URL, in a registry, in a repository (``--repo URL``), or by the name of one."""
    repository, version = run.value("--repo"), run.value("--version")
    if repository is not None:
        yield _index(run, repository)
    for word in run.operands:
        text = written(word)
        if isinstance(word, Unknown) and "://" in text:
            yield unknown(run, word)
        elif text.startswith("oci://") and isinstance(version, str):
            yield Found(f"docker-image://{text.removeprefix('oci://')}:{version.replace('+', '_')}", run.name)
        elif text.startswith("oci://"):
            yield Missed(text, Reason("every-tag"), run.name)
        elif "://" in text:
            yield remote(run.name, word)
        elif repository is None and re.fullmatch(r"[\w-]+/[\w.-]+", text):
            yield Missed(text_of(run, [word]), Reason("packages-by-name"), run.name)


def brew_tap(run: Invocation) -> Iterator[Finding]:
    """``brew tap USER/NAME`` is ``USER/homebrew-NAME`` on GitHub, unless a URL is given."""
    if len(run.operands) > 1:
        yield from (_repository(run, word) for word in run.operands[1:2])
    for word in run.operands if len(run.operands) == 1 else []:
        owner, slash, name = written(word).partition("/")
        if isinstance(word, Unknown):
            yield unknown(run, word)
        elif slash:
            yield Found(github(f"{owner}/homebrew-{name.removeprefix('homebrew-')}"), run.name)


def _repository(run: Invocation, word: Word) -> Finding:
    return unknown(run, word) if isinstance(word, Unknown) else Found(git_text(word, ""), run.name)


def manifest(run: Invocation) -> Iterator[Finding]:
    """``repo init -u URL -b REF``, ``west init -m URL --mr REF``: more repositories are named in it."""
    url = run.value("-u", "--manifest-url") if run.name == "repo" else run.value("-m")
    ref = run.value("-b", "--manifest-branch", "--mr")
    if isinstance(url, Unknown) or isinstance(ref, Unknown):
        yield from (unknown(run, word) for word in (url, ref) if isinstance(word, Unknown))
    elif url is not None and is_repository(url):
        yield Found(git_text(url, ref or ""), run.name)
    else:
        yield Missed(text_of(run, run.operands), Reason("program-not-probed", run.name), run.name)


def images(run: Invocation) -> Iterator[Finding]:
    """``docker pull IMAGE``."""
    elsewhere = run.has("--platform", "--arch", "--os", "--variant", "-a", "--all-tags")
    for word in run.operands[:1] if run.name == "crane" else run.operands:
        if isinstance(word, Unknown):
            yield unknown(run, word)
        elif elsewhere:
            yield Missed(word, Reason("other-platforms"), run.name)
        elif not re.match(r"(?:dir|docker-archive|oci|oci-archive|containers-storage):", word):
            yield Found(f"docker-image://{word.removeprefix('docker://')}", run.name)


def hub(run: Invocation) -> Iterator[Finding]:
    """``hf download REPOSITORY [FILE…]``: the files, or the whole repository at its commit."""
    revision, kind = run.value("--revision"), run.value("--repo-type")
    for word in (*run.operands, revision, kind):
        if isinstance(word, Unknown):
            yield unknown(run, word)
            return
    yield from hub_files(
        [written(word) for word in run.operands], written(revision or ""), written(kind or ""), run.name
    )


def hub_files(names: list[str], revision: str, kind: str, via: str) -> Iterator[Finding]:
    """What a repository of Hugging Face and files of it name."""
    if not names or not _REPOSITORY.fullmatch(names[0]):
        return
    base = f"{_HUB}/{f'{kind}s/' if kind in {'dataset', 'space'} else ''}{names[0]}"
    if any("*" in name for name in names[1:]) or not names[1:]:
        yield Found(git_text(base, revision), via)
        return
    yield from (Found(f"{base}/resolve/{revision or 'main'}/{name}", via) for name in names[1:])


def release(run: Invocation) -> Iterator[Finding]:
    """``gh release download TAG -R OWNER/NAME -p FILE``."""
    named = _OWNED.fullmatch(written(run.value("-R", "--repo") or ""))
    holes = [word for word in (*run.operands, run.value("-R", "--repo")) if isinstance(word, Unknown)]
    pattern = written(run.value("-p", "--pattern") or "*")
    tag = written(run.operands[0]) if run.operands else ""
    if holes:
        yield unknown(run, holes[0])
    elif named is None:
        yield Missed(text_of(run, run.operands), Reason("incomplete-command"), run.name)
    elif tag and not re.search(r"[*?\[$]", pattern):
        yield Found(f"https://github.com/{named[1]}/releases/download/{tag}/{pattern}", run.name)
    else:
        which = f"tags/{tag}" if tag else "latest"
        yield Found(f"https://api.github.com/repos/{named[1]}/releases/{which}", run.name)


def github_api(run: Invocation) -> Iterator[Finding]:
    """``gh api PATH``."""
    for word in run.operands[:1]:
        if isinstance(word, Unknown):
            yield unknown(run, word)
        elif run.has("-X", "--method", "-f", "-F", "--field", "--raw-field", "--input") or word == "graphql":
            yield Missed(text_of(run, run.operands), Reason("post-request"), run.name)
        elif "{" not in word:
            yield Found(f"https://api.github.com/{word.lstrip('/')}", run.name)


def keys(run: Invocation) -> Iterator[Finding]:
    """``gpg --recv-keys ID`` reads a key server; ``--fetch-keys`` reads a URL."""
    received = run.has("--recv-keys", "--recv-key", "--recv", "--receive-keys")
    by_id = received or run.has("--refresh-keys", "--search-keys")
    if run.has("--fetch-keys", "--fetch-key") and not by_id:
        yield from (remote(run.name, word) for word in run.operands if is_remote(run.name, word))
    elif by_id or run.has("--locate-keys", "--locate-key", "--locate-external-keys", "--auto-key-locate"):
        options = [option for option, _ in run.options if re.match(r"--(?:re|search|locate)", option)]
        text = text_of(run, [*options[:1], *run.operands])
        named = [word for word in run.operands if word != "adv"]
        if received and named and all(map(_is_fingerprint, named)):
            yield Missed(text, Reason("key-by-fingerprint"), run.name, accepted=True)
        else:
            yield Missed(text, Reason("program-not-probed", run.name), run.name)


def _is_fingerprint(word: Word) -> bool:
    return isinstance(word, str) and _FINGERPRINT.fullmatch(word.replace(" ", "")) is not None


def pear(run: Invocation) -> Iterator[Finding | Named]:
    """``pecl install NAME[-VERSION]``, ``pecl update-channels``, by the REST files of a channel."""
    if run.verb in {"update-channels", "channel-update", "channel-discover"}:
        named = [written(word) for word in run.operands] or list(_CHANNELS)
        hosts = [one if "." in one else f"{one}.php.net" for one in named]
        yield from (Found(f"https://{host}/channel.xml", run.name) for host in hosts)
        return
    for word in run.operands:
        yield _of_channel(run, word)
    if not run.operands:
        yield from packages(run)


def _of_channel(run: Invocation, word: Word) -> Finding:
    """The newest stable version of a package, or the archive of a version."""
    if isinstance(word, Unknown):
        return unknown(run, word)
    if is_remote(run.name, word) and not word.startswith("channel://"):
        return remote(run.name, word)
    match = _OF_PEAR.fullmatch(word)
    if match is None:
        return Missed(text_of(run, [word]), Reason("packages-by-name"), run.name)
    base = f"https://{match['channel'] or f'{run.name}.php.net'}"
    name, version = match["name"], match["version"] or ""
    if version[:1].isdigit():
        return Found(f"{base}/get/{name}-{version}.tgz", run.name)
    of_state = "allreleases.xml" if version else "stable.txt"
    return Found(f"{base}/rest/r/{name.lower()}/{of_state}", run.name)


def github_packages(run: Invocation) -> Iterator[Finding]:
    """``installGithub.r OWNER/NAME[@REF]``."""
    for word in run.operands:
        name, _, ref = written(word).partition("@")
        yield unknown(run, word) if isinstance(word, Unknown) else Found(github(name, ref), run.name)
    yield Missed(text_of(run, []), Reason("packages-by-name"), run.name)


def copied(run: Invocation) -> Iterator[Finding]:
    """``rsync`` and ``scp`` where a source is on another host."""
    if any(re.match(r"(?:rsync|scp|sftp)://|[\w.@$-]+::?[\w~/$.-]", written(word)) for word in run.operands):
        yield Missed(text_of(run, run.operands), Reason("program-not-probed", run.name), run.name)


def objects(run: Invocation) -> Iterator[Finding]:
    """``aws s3api get-object --bucket B --key K FILE``."""
    bucket, key = run.value("--bucket"), run.value("--key")
    for word in (bucket, key):
        if isinstance(word, Unknown):
            yield unknown(run, word)
            return
    if bucket and key:
        yield Found(f"s3://{written(bucket)}/{written(key).replace('%', '%25')}")
