"""Instructions → remote inputs, and what is not watched, with the reason."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from posixpath import join
from typing import TYPE_CHECKING

from msgspec.structs import replace

from freshlayer import reference
from freshlayer.discover.base_triggers import not_watched_there
from freshlayer.discover.commands import FETCHERS, known_names, of_script, of_words
from freshlayer.discover.discovery import Conditions, Discovery
from freshlayer.discover.downloaded_scripts import script_of
from freshlayer.discover.downloads import ScriptDownloads, ScriptLimits, unless_secret
from freshlayer.discover.files.stages import Expand, StageFiles
from freshlayer.discover.files.trees import ContextTree
from freshlayer.discover.found_inputs import FoundInputs
from freshlayer.discover.given_secrets import GivenSecrets, mounted_secrets
from freshlayer.discover.homes import Homes
from freshlayer.discover.local_hosts import why_local
from freshlayer.discover.lock_advice import KnownUnlocked
from freshlayer.discover.lookups import decided
from freshlayer.discover.named_contexts import named_source
from freshlayer.discover.package_calls import PackageCalls
from freshlayer.discover.run_texts import ValueOf, text_of_run, values
from freshlayer.discover.stage_bases import StageBases
from freshlayer.discover.syntaxes.found import Finding, Found, Missed
from freshlayer.discover.syntaxes.git import Checkouts
from freshlayer.discover.syntaxes.git_sources import git_text
from freshlayer.discover.windows_calls import followed_by
from freshlayer.discover.windows_shells import WINDOWS_SHELLS, interpreter_of
from freshlayer.dockerfile.model import Dockerfile, Instruction, Stage, is_trigger
from freshlayer.dockerfile.reach import parent_stage, sources_of
from freshlayer.dockerfile.scope import Environment, Unknown
from freshlayer.lazy_regex import compiled
from freshlayer.masking import differ_by_guess, public_text, shown_script
from freshlayer.model.inputs import NotWatched, RemoteInput, ScriptPlace
from freshlayer.model.packages import PackageCommand
from freshlayer.model.reasons import Reason
from freshlayer.reference import Reference, shown
from freshlayer.shell import Outside, Surroundings
from freshlayer.shell.files import Files, NoFiles
from freshlayer.shell.programs.script_files import PATH

if TYPE_CHECKING:
    from freshlayer.discover.files.layers import Layer
    from freshlayer.discover.package_commands import PackageCommands

_POSIX_SHELLS = {"sh", "bash", "ash", "dash", "zsh", "ksh"}
_GIT = compiled(r"(?i)^(?:git@|git://|ssh://)|^https?://[^#?]*\.git(?:#|$)")
_URL = compiled(r"[a-z][a-z0-9+.-]*://[^\s'\"`|&;<>(){}]+")
_OTHER_SHEBANG = compiled(r"#!(?!.*\b(?:sh|bash|ash|dash|zsh|ksh)\b)")
_TRIGGER = compiled(r"(?is)ONBUILD\s+RUN\s+(?:--\S+\s+)*(.*)")
_ONE_IS_REQUESTED = Reason("secret-decides")
_NO_FILES: Files = NoFiles()
_READING = frozenset({"RUN", "ADD", "ONBUILD"})
"""Instructions that may read something without a flag."""
_CHANGING = frozenset({"RUN", "COPY", "ADD", "ENV", "WORKDIR", "SHELL", "USER"})
"""Instructions that change what later ones see, beside their environment."""

_Read = tuple[Stage, Instruction, str, Finding]


def discover(
    dockerfile: Dockerfile,
    stages: Iterable[Stage],
    environments: Mapping[int, Environment],
    conditions: Conditions,
    context: ContextTree | None = None,
    bases: StageBases | None = None,
) -> Discovery:
    """Everything that the instructions of these stages read from the network."""
    context = context or ContextTree(None, Reason("script-not-in-context"))
    bases = bases or StageBases({}, conditions.platform, conditions.contexts, dockerfile.escape)
    reads = FoundInputs()
    not_watched: list[NotWatched] = []
    secrets = GivenSecrets(environments)
    downloads = ScriptDownloads(conditions.scripts, bases.references)
    finder = _Finder(dockerfile, environments, conditions, context, downloads, bases)
    found = finder.every(stages)
    for (stage, instruction, via, finding), read in zip(found, _distinct(found, downloads), strict=True):
        known = secrets.hidden(read, instruction)
        if not conditions.loopback and instruction.name == "RUN":
            known = _reachable(known, finding, instruction)
        known = unless_secret(known, finding.place) if finding.place else known
        if isinstance(known, Missed):
            not_watched.append(_not_watched(instruction, known, finding.place))
            continue
        number, first = reads.see(known)
        if first.address != known.address and differ_by_guess(first.address, known.address):
            one = Missed(known.text, _ONE_IS_REQUESTED)
            not_watched.append(_not_watched(instruction, one, finding.place))
        reads.add(number, stage, instruction, via, finding.place)
    inputs = reads.every
    scripts, missed = _scripts(inputs, downloads.wanted), decided(not_watched, inputs) if not_watched else ()
    wanted, unlocked = bases.wanted, finder.unlocked.every
    return Discovery(reads.by_instruction, inputs, missed, scripts, finder.packages, wanted, unlocked)


def _scripts(inputs: Iterable[RemoteInput], wanted: Mapping[str, None]) -> tuple[Reference, ...]:
    return tuple([it.reference for it in inputs if script_of(it.reference) in wanted]) if wanted else ()


def _not_watched(instruction: Instruction, missed: Missed, place: ScriptPlace | None) -> NotWatched:
    text = shown_script(missed.text) or instruction.name
    reason = missed.reason.changed(public_text)
    it = instruction
    name = "ONBUILD" if is_trigger(it) else it.name
    return NotWatched(
        it.line, name, text, reason, missed.accepted, missed.warns, locked_by=missed.locked_by, script=place
    )


def _distinct(found: list[_Read], downloads: ScriptDownloads) -> list[Reference | Missed]:
    """What is known of each finding. A URL that is read with and without its redirects is two references."""
    known = [downloads.known(item[3]) for item in found]
    if not [one for one in known if isinstance(one, Reference) and not one.form.follow]:
        return known
    read = [(item[1].number, item[2], one) for item, one in zip(found, known, strict=True)]
    return list(_by_redirects(read))


def _by_redirects(known: list[tuple[int, str, Reference | Missed]]) -> Iterator[Reference | Missed]:
    """``known``: (instruction, via, what is read there).

    In one instruction they are one, which follows them: most often one command replaces the other. How a URL
    is read that was only seen in a script's text is not known.
    """
    read = [(n, one) for n, via, one in known if isinstance(one, Reference) and via != "pattern"]
    here = {(n, one.text) for n, one in read if one.form.follow}
    anywhere = {text for _, text in here}
    only_redirects = {one.text: one for _, one in read if one.text not in anywhere}
    for n, via, one in known:
        if isinstance(one, Missed) or (one.form.follow and via != "pattern"):
            yield one
        elif via == "pattern":
            yield only_redirects.get(one.text, one)
        elif (n, one.text) in here:
            yield reference.requested(one, replace(one.form, follow=True))
        else:
            yield reference.requested(one, one.form, redirects=one.text in anywhere)


def _reachable(known: Reference | Missed, finding: Finding, instruction: Instruction) -> Reference | Missed:
    """In a RUN without the host's network, loopback is the container's own."""
    if isinstance(known, Missed) or "--network=host" in instruction.flags:
        return known
    endpoint = finding.endpoint if isinstance(finding, Found) else ""
    reason = why_local(endpoint or known.text)
    proxies = known.form.proxies
    if proxies is not None and any(map(why_local, (proxies.http, proxies.https, proxies.ftp))):
        # A proxy on the container's own loopback is not on this machine.
        known = replace(known, form=replace(known.form, proxies=None))
    return Missed(known.text, reason) if reason else known


class _Finder:
    """Walks one stage; the SHELL instruction changes who reads what follows it."""

    def __init__(
        self,
        dockerfile: Dockerfile,
        environments: Mapping[int, Environment],
        conditions: Conditions,
        context: ContextTree,
        downloads: ScriptDownloads,
        bases: StageBases,
    ) -> None:
        self._downloads = downloads
        self._bases = bases
        self._managers: dict[int, frozenset[str] | None] = {}
        self._present: frozenset[str] | None = None
        self._contexts = conditions.contexts
        self._files = StageFiles(dockerfile, context, conditions.contexts)
        self._dockerfile = dockerfile
        self._environments = environments
        self._platform = conditions.platform
        self._watched = conditions.watched
        self._shells: dict[int, tuple[str, ...]] = {}
        self._directories: dict[int, str] = {}
        self._shell: tuple[str, ...] = ()
        self._directory = "/"
        self._homes = Homes()
        self._copies: dict[int, Checkouts] = {}
        self._checkouts = Checkouts()
        self.packages: dict[int, tuple[PackageCommand, ...]] = {}
        self._seen: tuple[Environment, ValueOf, Outside] | None = None
        self.unlocked = KnownUnlocked(context_is_read=context.is_read)

    def every(self, stages: Iterable[Stage]) -> list[_Read]:
        limits = ScriptLimits()
        found: list[_Read] = []
        for stage in stages:
            for instruction, via, finding in self.stage(stage):
                allowed = limits.allowed(finding, instruction.number) if finding.place else finding
                if allowed:
                    found.append((stage, instruction, via, allowed))
        return found

    def stage(self, stage: Stage) -> Iterator[tuple[Instruction, str, Finding]]:
        outer = self._environments[stage.start.number]
        self._platform = self._bases.platform(stage, outer)
        parent = parent_stage(self._dockerfile, stage, lambda it: self._bases.name(it, outer))
        if not parent:
            self._bases.want(self._bases.key(stage, outer))
            for via, finding in self._image(stage):
                yield stage.start, via, finding
        start = self._bases.start(stage, outer)
        self._present = self._managers.get(parent.number) if parent else self._bases.managers(stage, outer)
        self._managers[stage.number] = self._present
        self._shell = self._shells.get(parent.number, start.shell) if parent else start.shell
        self._directory = self._directories.get(parent.number, "/") if parent else start.directory
        self._files.begin(parent, start.files, start.search)
        self._homes.begin(stage, parent, start.user)
        self._checkouts = self._copies.get(parent.number, Checkouts()).later() if parent else Checkouts()
        for instruction in (*self._bases.triggers(stage, parent, outer), *stage.instructions):
            if instruction.name in _CHANGING:
                self._see(instruction)
            # Most instructions only set something.
            if not (instruction.name in _READING or instruction.flags or instruction.line in self._watched):
                continue
            found = self._instruction(instruction)
            self._bases.settle(decides=bool(found))
            found = not_watched_there(instruction, found) if is_trigger(instruction) else found
            for via, finding in found:
                yield instruction, via, finding
        self._shells[stage.number] = self._shell
        self._directories[stage.number] = self._directory
        self._copies[stage.number] = self._checkouts
        self._files.end(stage)

    def _see(self, instruction: Instruction) -> None:
        """What an instruction changes for itself and for later ones."""
        match instruction.name:
            case "RUN":
                self._checkouts = self._checkouts.later() if self._checkouts.repositories else self._checkouts
            case "COPY" | "ADD" | "ENV":
                self._files.before(instruction, self._expander(instruction), self._directory)
            case "WORKDIR":
                self._directory = self._workdir(instruction)
            case "SHELL":
                self._shell = instruction.words
            case "USER":
                self._homes.see(instruction, self._expander(instruction))
            case _:
                pass

    def _expander(self, instruction: Instruction) -> Expand:
        """What expands a word of an instruction."""
        environment = self._environments[instruction.number]

        def expand(word: str) -> str | None:
            value = environment.expand(word, self._dockerfile.escape)
            return value if isinstance(value, str) else None

        return expand

    def _workdir(self, instruction: Instruction) -> str:
        path = self._environments[instruction.number].expand(
            " ".join(instruction.words), self._dockerfile.escape
        )
        return join(self._directory, path) if isinstance(path, str) else self._directory

    def _kept(self, instruction: Instruction, environment: Environment) -> Iterator[tuple[str, Finding]]:
        """Warnings about cache mounts in which a file may not change."""
        if any("type=cache" in flag for flag in instruction.flags):
            from freshlayer.discover.kept_files import kept_files  # noqa: PLC0415 - few Dockerfiles have one

            around = self._surroundings(instruction, environment)
            kept = kept_files(instruction, text_of_run(instruction), environment, around, self._directory)
            yield from (("RUN", missed) for missed in kept)

    def _image(self, stage: Stage) -> Iterator[tuple[str, Finding]]:
        base = self._bases.named(stage, self._environments[stage.start.number])
        if isinstance(base, Unknown):
            yield "FROM", Missed(stage.base, base.reason)
        elif base and base != "scratch":
            yield from [("FROM", finding) for finding in self._bases.sources(base)]

    def _instruction(self, instruction: Instruction) -> list[tuple[str, Finding]]:
        environment = self._environments[instruction.number]
        found = list(self._sources(instruction, environment)) if instruction.flags else []
        for written in self._watched.get(instruction.line, ()):
            value = environment.expand(written, self._dockerfile.escape)
            known = Missed(written, value.reason) if isinstance(value, Unknown) else Found(value)
            found.append(("watch", known))
        match instruction.name:
            case "RUN":
                found += self._run(instruction, environment)
                found += self._kept(instruction, environment) if instruction.flags else ()
            case "ADD":
                found += self._add(instruction, environment)
            case "ONBUILD" if "://" in instruction.text or self._trigger_reads(instruction, environment):
                text = " ".join(["ONBUILD", *_URL.findall(instruction.text)])
                found.append(("ONBUILD", Missed(text, Reason("onbuild-trigger"))))
        return found

    def _trigger_reads(self, instruction: Instruction, environment: Environment) -> bool:
        """Whether the RUN of a trigger reads something, or executes a script that can't be followed."""
        script = _TRIGGER.match(instruction.text)
        surroundings = self._surroundings(instruction, environment, self._files.files.fork())
        return script is not None and any(of_script(script[1], surroundings))

    def _sources(self, instruction: Instruction, environment: Environment) -> Iterator[tuple[str, Finding]]:
        """COPY --from and RUN --mount=from of an image; a stage is not an input."""
        for name in sources_of(instruction.name, instruction.flags):
            if self._dockerfile.stage_named(name) is not None and name not in self._contexts:
                continue
            via = f"{instruction.name} --{'mount' if instruction.name == 'RUN' else 'from'}"
            value = environment.expand(name, self._dockerfile.escape)
            if isinstance(value, Unknown):
                yield via, Missed(name, value.reason)
            elif value:
                yield from ((via, finding) for finding in named_source(value, self._contexts))

    def _run(self, instruction: Instruction, environment: Environment) -> list[tuple[str, Finding]]:
        files = self._files.run(*self._mounts(instruction)) if instruction.flags else self._files.run()
        around = self._surroundings(instruction, environment, files, self._files.search, known_names())
        packages = PackageCalls(lambda: self._package_commands(around.value))
        found = list(self._script(instruction, around, packages))
        if packages.any:
            found += [(missed.via, missed) for missed in packages.unknown()]
            if commands := packages.commands:
                self.packages[instruction.number] = commands
            self.unlocked.add(instruction, packages.unlocked)
        if instruction.flags:
            self._files.keep(files)
        return found

    def _mounts(self, instruction: Instruction) -> Iterator[Layer]:
        return self._files.mounts(instruction, self._expander(instruction), self._directory)

    def _package_commands(self, value: ValueOf) -> PackageCommands:
        from freshlayer.discover.package_commands import PackageCommands  # noqa: PLC0415 - six grammars, and tables

        return PackageCommands(self._platform, self._downloads, value, self._present)

    def _script(
        self, instruction: Instruction, surroundings: Surroundings, packages: PackageCalls
    ) -> Iterable[tuple[str, Finding]]:
        interpreter = interpreter_of(self._shell[0]) if self._shell else ""
        others = followed_by(surroundings)
        if instruction.exec_form:
            return of_words(instruction.words, surroundings, self._checkouts, others, packages)
        script = text_of_run(instruction)
        if interpreter in WINDOWS_SHELLS:
            from freshlayer.discover.windows import of_windows_shell  # noqa: PLC0415 - its grammars

            return of_windows_shell(self._shell, script, surroundings)
        if interpreter not in _POSIX_SHELLS:
            reason = Reason("other-interpreter", detail=f"its shell is {shown(' '.join(self._shell), 40)}")
        elif script.startswith("#!") and _OTHER_SHEBANG.match(script):
            reason = Reason("other-interpreter")
        else:
            return of_script(script, surroundings, self._checkouts, others, packages)
        return [("RUN", Missed(url, reason)) for url in _URL.findall(script)]

    def _surroundings(
        self,
        instruction: Instruction,
        environment: Environment,
        files: Files = _NO_FILES,
        search: tuple[str, ...] = PATH,
        common: frozenset[str] = frozenset(),
    ) -> Surroundings:
        value, outside = self._outside(instruction, environment)
        home, place = self._homes.home(environment, self._files.files), self._directory
        known = (value, self._platform, FETCHERS, place, home, files, search, common)
        return Surroundings(*known, downloads=self._downloads, outside=outside)

    def _outside(self, instruction: Instruction, environment: Environment) -> tuple[ValueOf, Outside | None]:
        """The same for instructions that see the same environment, and mount no secret."""
        secrets = mounted_secrets(instruction) if instruction.flags else ()
        if secrets:
            return values(environment, secrets), None
        if self._seen is None or self._seen[0] is not environment:
            value = values(environment)
            self._seen = environment, value, Outside(value, environment.having)
        return self._seen[1:]

    def _add(self, instruction: Instruction, environment: Environment) -> Iterator[tuple[str, Finding]]:
        """ADD URL: every builder keys it on content already, so it is reported and never keyed."""
        for source in instruction.words[:-1]:
            value = environment.expand(source, self._dockerfile.escape)
            if isinstance(value, Unknown):
                yield "ADD", Missed(source, value.reason)
            elif _GIT.search(value):
                address, _, ref = value.partition("#")
                yield "ADD", Found(git_text(address, ref.partition(":")[0]))
            elif re.match(r"https?://", value):
                pinned = instruction.flag("checksum")
                pin = Missed(value, Reason("checksum-pinned"), accepted=True)
                yield "ADD", pin if pinned else Found(value)
