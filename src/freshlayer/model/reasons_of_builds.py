"""Reason codes of builds: inputs, instructions, commands run as typed. Code → meaning, what to do. Pure."""

from __future__ import annotations

BUILDS: dict[str, tuple[str, str]] = {
    # Inputs: what was recorded, or built with, against what was observed.
    "first-seen": ("this input was never recorded before", "nothing"),
    "incomparable": ("the evidence can't be compared with the recorded evidence", "nothing"),
    "input-added": ("the instruction reads an input that it did not read at the last build", "nothing"),
    "input-changed": ("the input differs from what was recorded or built with", "build again"),
    "input-removed": ("the instruction no longer reads an input of the last build", "nothing"),
    "input-restored": ("the inputs are again those of the last build", "nothing"),
    "key-removed": ("the instruction had a key at the last build and has none now", "nothing"),
    "moved-during-build": ("the input changed while an earlier build read it", "nothing"),
    "no-build-recorded": ("no build with this input is recorded", "build once"),
    "no-input": ("the instruction has no remote input", "nothing"),
    "not-modified": ("the origin returned 304 Not Modified", "nothing"),
    "rebuild-on-unknown": ("the input could not be probed, and --on-unknown is rebuild", "see why it failed"),
    "unchanged": ("the input is what it was", "nothing"),
    "unprobed-before": ("the input could not be probed at the last build", "nothing"),
    # Instructions that have no record of a build.
    "edited": ("the instruction was edited since the last build", "nothing"),
    "identities-lack-it": (
        "the identities file has no entry for this input",
        "run freshlayer build",
    ),
    "identities-of-others": ("the identities file has the entry for other Dockerfiles only", "build once"),
    "never-built": ("the instruction was never built through freshlayer", "build once"),
    "never-built-by-builder": ("it was built by another builder only", "build once"),
    "never-built-for-platform": ("it was built for another platform only", "build once"),
    "never-built-from-dockerfile": ("it was built from another Dockerfile only", "build once"),
    "never-built-here": ("no build is recorded on this machine", "build once, or keep an identities file"),
    "never-built-on-engine": ("it was built on another engine only", "build once"),
    "never-built-stage": ("the stage was never built", "build once"),
    "new-dockerfile": ("no build of this Dockerfile is recorded", "build once"),
    "not-watched-before": ("the inputs were not watched at the last build", "build once"),
    # Instructions: what an earlier one means for a later one.
    "earlier-changed": ("an earlier instruction or a build argument changed", "nothing"),
    "earlier-edited": ("an earlier instruction was edited since the last build", "nothing"),
    "earlier-rekeyed": ("an earlier instruction was built with other inputs, and was cached", "nothing"),
    "follows": ("an earlier instruction runs again, so this one does too", "nothing"),
    "reads-stage": ("the stage that it reads may change", "nothing"),
    # Instructions: why they ran, or why they were cached.
    "base-or-cache-changed": ("the stage starts from another image, or the cache was emptied", "nothing"),
    "built-before": ("it was built with the same inputs before", "nothing"),
    "built-elsewhere": ("another build had the same inputs", "nothing"),
    "key-format-changed": ("an older freshlayer wrote the key in another format", "nothing"),
    "files-changed": ("the files that it copies or mounts changed", "nothing"),
    "no-cache": ("the builder was run without its cache", "leave out --no-cache"),
    "unexpected-cache": ("the key is new, and the instruction was cached", "report it, with --report FILE"),
    "unexpected-rebuild": ("nothing changed, and the instruction ran", "report it, with --report FILE"),
    # Findings about a whole build, or about the order of instructions.
    "builder-failed": ("the builder ended with an error", "see the output of the builder"),
    "changed-during-build": ("an input changed while the builder ran", "build again"),
    "instruction-order": ("another order of instructions keeps more layers", "move the instruction"),
    # Commands that the builder runs as typed.
    "bake-words": ("the words of bake have a -- that freshlayer does not follow", "leave out the --"),
    "builds-nothing": ("the command builds nothing", "nothing"),
    "compose-command": ("what this compose command builds is not watched", "run compose build before it"),
    "context-not-watched": ("the build context is not a directory of this machine", "name a directory"),
    "file-not-watched": ("the file comes from standard input or from another host", "name a file"),
    "no-buildkit": ("compose builds without BuildKit", "unset DOCKER_BUILDKIT"),
    "no-context": ("no build context is given", "name a directory"),
    "not-readable-for-bake": ("bake may not read the Dockerfile", "pass --allow=fs.read=DIR"),
    "option-unknown": ("freshlayer does not know an option of the builder", "report it"),
    "preprocessed": ("the Dockerfile is preprocessed before the builder reads it", "nothing"),
    "several-contexts": ("more than one build context is given", "name one directory"),
    "several-dockerfiles": ("more than one Dockerfile is given", "name one file"),
}
