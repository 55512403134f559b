"""The options of each family of builders, and what a command means that leaves something out."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from freshlayer.builders.command_line.pflag import Grammar
from freshlayer.model.str_enum import StrEnum


class NoContext(StrEnum):
    """What is built where no context is given."""

    NOTHING = "nothing"
    WORKING_DIRECTORY = "the working directory"
    DIRECTORY_OF_FILE = "the directory of the Dockerfile"


class Family(Struct, frozen=True):
    """How a command line is read. ``not_building``: options that make the program do something else.

    ``file_in_context``: a file that is not in the working directory is looked for in the context.
    ``joins_files``: every ``--file`` counts, and the Dockerfiles are joined; else the last one wins.
    """

    grammar: Grammar
    not_building: frozenset[str]
    no_context: NoContext = NoContext.NOTHING
    file_in_context: bool = False
    joins_files: bool = False


DOCKER = Family(
    Grammar(
        valued=frozenset(
            """
            add-host allow annotation attest build-arg build-context builder cache-from cache-to call
            cgroup-parent cpu-period cpu-quota cpu-shares cpuset-cpus cpuset-mems file iidfile isolation
            label memory memory-swap metadata-file network no-cache-filter output platform policy print
            progress provenance sbom secret security-opt shm-size ssh tag target ulimit
            """.split()
        ),
        switches=frozenset(
            """
            check compress debug disable-content-trust force-rm help load no-cache pull push quiet rm squash
            stream
            """.split()
        ),
        letters={"c": "cpu-shares", "f": "file", "m": "memory", "o": "output", "t": "tag"},
        switch_letters={"q": "quiet", "D": "debug", "h": "help"},
    ),
    not_building=frozenset({"help", "call", "print", "check"}),
)
"""``docker build``, of any age, and ``docker buildx build``."""

BUILDAH = Family(
    Grammar(
        valued=frozenset(
            """
            add-host annotation arch authfile build-arg build-arg-file build-context cache-from cache-to
            cache-ttl cap-add cap-drop cert-dir cgroup-parent cgroupns cpp-flag cpu-period cpu-quota
            cpu-shares cpuset-cpus cpuset-mems creds cw decryption-key device dns dns-option dns-search env
            file format from group-add hooks-dir iidfile ignorefile ipc isolation jobs label layer-label
            logfile loglevel manifest memory memory-swap metadata-file network os os-feature os-version
            output pid platform retry retry-delay runtime runtime-flag sbom sbom-image-output
            sbom-image-purl-output sbom-merge-strategy sbom-output sbom-purl-output sbom-scanner-command
            sbom-scanner-image secret security-opt shm-size sign-by signature-policy ssh tag target
            timestamp ulimit unsetenv unsetlabel userns userns-gid-map userns-gid-map-group userns-uid-map
            userns-uid-map-user uts variant volume
            """.split()
        ),
        # --pull takes a value only behind an equals sign.
        switches=frozenset(
            """
            all-platforms compat-volumes compress disable-compression disable-content-trust force-rm help
            http-proxy identity-label layers logsplit no-cache no-hostname no-hosts omit-history pull
            pull-always pull-never quiet rm skip-unused-stages squash squash-all stdin tls-verify
            """.split()
        ),
        letters={"c": "cpu-shares", "f": "file", "m": "memory", "o": "output", "t": "tag", "v": "volume"},
        switch_letters={"q": "quiet", "D": "disable-compression", "h": "help"},
    ),
    not_building=frozenset({"help"}),
    no_context=NoContext.WORKING_DIRECTORY,
    file_in_context=True,
    joins_files=True,
)
"""``buildah build``, 1.28 to 1.39."""

PODMAN = replace(BUILDAH, no_context=NoContext.DIRECTORY_OF_FILE)
"""``podman build``, 4.3 to 5.4."""
