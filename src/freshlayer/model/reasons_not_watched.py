"""Reason codes of what is not watched, or watched with a doubt. Code → meaning, what to do. Pure."""

from __future__ import annotations

NOT_WATCHED: dict[str, tuple[str, str]] = {
    # Not watched: a value that only the build knows.
    "depends-on-answer": ("depends on the answer of a server", "nothing: the request itself is an input"),
    "from-secret": ("comes from a build secret", "name the input in a '# freshlayer: watch URL' comment"),
    "limit-reached": ("a limit of freshlayer's reader was reached", "make the script or the value shorter"),
    "needs-base-image": (
        "needs the environment of the base image",
        "set it in the Dockerfile with ARG or ENV",
    ),
    "needs-build-arg": ("needs a build argument", "pass --build-arg, or give the ARG a default"),
    "needs-command-output": (
        "depends on the output of a program",
        "write the value in the Dockerfile, or name the input in a '# freshlayer: watch URL' comment",
    ),
    "needs-image-files": (
        "depends on a file of the image",
        "write the value in the Dockerfile, or name the input in a '# freshlayer: watch URL' comment",
    ),
    "not-computed": (
        "freshlayer does not compute this expression",
        "write the value in the Dockerfile, or name the input in a '# freshlayer: watch URL' comment",
    ),
    "not-set": ("is not set", "set it in the Dockerfile with ARG or ENV"),
    # Not watched: a script or an instruction that is not read.
    "onbuild-trigger": (
        "an ONBUILD trigger runs in the build of another image",
        "run freshlayer on the Dockerfile whose FROM names this image",
    ),
    "trigger-of-base": (
        "an ONBUILD trigger of the base image reads it, and no builder lets a key take part in a trigger",
        "write what the trigger does as instructions, and start from an image without it",
    ),
    "other-interpreter": (
        "the script is for an interpreter that freshlayer does not read",
        "name the input in a '# freshlayer: watch URL' comment",
    ),
    "script-changed": (
        "a command changes the script before it is executed, in a way that freshlayer does not compute",
        "name the input in a '# freshlayer: watch URL' comment",
    ),
    "script-downloaded": (
        "the build downloads the script, and what it reads itself is not known",
        "name the input in a '# freshlayer: watch URL' comment",
    ),
    "script-as-last-read": (
        "what the script reads is known from the last check or build, and may be more by now",
        "run freshlayer check, which reads the script again",
    ),
    "script-needs-keys": (
        "a downloaded script names it, and freshlayer uses no keys of yours for what such a script names",
        "name it in a '# freshlayer: watch' comment if that is wanted",
    ),
    "script-not-read": (
        "the build downloads the script, and what it reads is not known before its origin is probed",
        "run freshlayer check, or name the input in a '# freshlayer: watch URL' comment",
    ),
    "script-not-text": (
        "what the build downloads and executes is not a shell script: a program, an archive or a web page",
        "name the input in a '# freshlayer: watch URL' comment if it downloads one",
    ),
    "script-private": (
        "the script is downloaded with a credential, and freshlayer neither reads nor keeps such a script",
        "name what it reads in '# freshlayer: watch URL' comments",
    ),
    "script-is-binary": (
        "the build executes a file of the build context that is not a text",
        "name the input in a '# freshlayer: watch URL' comment if the program reads one",
    ),
    "script-not-in-context": (
        "the script is not in the build context, as far as freshlayer can read it",
        "correct the path, or name the input in a '# freshlayer: watch URL' comment",
    ),
    "script-of-image": (
        "the script is in the image or the build makes it, so only the build can read it",
        "name the input in a '# freshlayer: watch URL' comment",
    ),
    "script-not-followed": (
        "freshlayer can't follow the script to its end",
        "make the script simpler, or name the input in a '# freshlayer: watch URL' comment",
    ),
    "script-too-long": (
        "the script is too long for freshlayer to read",
        "divide the RUN, or name the input in a '# freshlayer: watch URL' comment",
    ),
    # Not watched: what a program reads.
    "every-tag": ("the command reads every tag of a repository", "name one image and its tag"),
    "file-of-image": ("it is a file of the image", "nothing: the image is keyed on its own inputs"),
    "incomplete-command": (
        "the command line does not name the object in full",
        "put account, container and name on the command line",
    ),
    "kind-not-probed": (
        "freshlayer has no probe for this kind of reference",
        "name a URL that changes with it in a '# freshlayer: watch URL' comment",
    ),
    "objects-by-pattern": ("a pattern selects the objects", "name a prefix in place of the pattern"),
    "only-the-page": (
        "only the page itself is watched, not what the command finds from it",
        "name the files in '# freshlayer: watch URL' comments",
    ),
    "other-platforms": (
        "the image is read for other platforms than that of the build",
        "name the image by digest",
    ),
    "locked-by-file": (
        "a lock file of the build context names all that the command installs",
        "nothing: COPY brings the file, so that a change of it runs the instruction again",
    ),
    "exact-version": (
        "the command names one version, whose files do not change",
        "nothing: another version is another command",
    ),
    "without-network": (
        "an option or a variable forbids the command to read from the network",
        "nothing: what it needs is in the image before it, and that is keyed on what it reads",
    ),
    "decided-by-program": (
        "the version of the program decides what it downloads",
        "nothing: the instruction that installs the program is keyed on it",
    ),
    "key-by-fingerprint": (
        "a fingerprint names the key itself, whatever a key server adds to it",
        "nothing: another key is another command",
    ),
    "no-version-document": (
        "no document states which version this name stands for",
        "name an exact version",
    ),
    "no-manifest": (
        "the file that names the packages is not known before the build",
        "copy it from the build context before the RUN",
    ),
    "requirements-not-stated": (
        "what the project requires is decided by its build",
        "name the requirements in pyproject.toml or in a requirements file, or install from a lock file",
    ),
    "no-lock-file": (
        "the command installs packages, and the build context has no lock file for it",
        "write the lock file that the package manager offers, and copy it before the RUN",
    ),
    "not-locked": (
        "the command does not bind itself to a lock file",
        "use the option of the package manager that refuses to change the lock file",
    ),
    "lock-behind": (
        "the lock file does not have all that the manifest names",
        "write the lock file again",
    ),
    "lock-not-read": (
        "the lock file could not be read",
        "write the lock file again",
    ),
    "package-index": (
        "it is an index of packages, of which each installation reads a part",
        "nothing: the packages are listed with the command that installs them",
    ),
    "no-package-manager": (
        "the base image does not have this package manager, so the command does not run",
        "nothing, unless an instruction installs the package manager",
    ),
    "package-root": (
        "the packages are installed below another directory, and freshlayer does not read what is there",
        "name a URL that changes with them in a '# freshlayer: watch URL' comment",
    ),
    "package-source": (
        "a file that names package sources is not known",
        "write the sources into a file in the Dockerfile or in the build context",
    ),
    "packages-off": (
        "the policy for packages is off",
        "remove the comment or the setting to watch them",
    ),
    "packages-by-name": (
        "packages by name are not watched",
        "pin their versions, or install from a lock file",
    ),
    "post-request": (
        "the command sends data, and freshlayer does not repeat such a request",
        "name a URL that changes with the answer in a '# freshlayer: watch URL' comment",
    ),
    "program-not-probed": (
        "freshlayer has no probe for what this program fetches",
        "name a URL that changes with it in a '# freshlayer: watch URL' comment",
    ),
    "repository-of-image": (
        "the repository is in the image, and freshlayer does not know its remotes",
        "name the repository in a '# freshlayer: watch git+URL#REF' comment",
    ),
    "source-in-package": (
        "an installed package adds a package source that only the build knows",
        "write the source into a file in the Dockerfile",
    ),
    "store-in-configuration": (
        "a configuration of the image names the object store",
        "name the input in a '# freshlayer: watch URL' comment",
    ),
    "submodule-branches": (
        "the branches are named in .gitmodules",
        "name the repositories in '# freshlayer: watch URL' comments",
    ),
    "unknown-program": (
        "freshlayer does not know what this program does with the URL",
        "name the input in a '# freshlayer: watch URL' comment if the program reads it",
    ),
    "url-pattern": (
        "curl expands the pattern in the URL ({} or []), and freshlayer does not",
        "write the URLs in full",
    ),
    "urls-in-file": (
        "the URLs are in a file that only the build can read",
        "name the inputs in '# freshlayer: watch URL' comments",
    ),
    # Not watched, or watched with a doubt: how a URL is requested.
    "container-loopback": (
        "it is the container's own loopback (this machine's with --network=host)",
        "build with --network=host if the origin is on this machine",
    ),
    "header-not-sent": (
        "a header is known only in the build, so the URL is probed without it",
        "write the header in full, or keep the credential in netrc",
    ),
    "headers-in-file": ("the headers are in a file", "write the headers on the command line"),
    "metadata-address": (
        "it is a link-local metadata address, whose answer is about the machine that requests it",
        "nothing: the builder's machine has other metadata",
    ),
    "not-a-url": ("it is not a URL that freshlayer can request", "correct the URL"),
    "secret-decides": (
        "another URL differs from it only in what looks like a secret; one of the two is requested",
        "move the secret to a header",
    ),
    # Not watched because of a comment in the Dockerfile, and warnings.
    "cache-mount-keeps-file": (
        "a command keeps a file that is already in the cache mount, so a new run has no effect",
        "remove the test or the option, or write the file outside of the cache mount",
    ),
    "checksum-pinned": ("its checksum is pinned", "nothing: the builder checks the bytes"),
    "ignored-by-comment": ("the comment above is ignore", "remove the comment to watch it"),
    "immutable-by-comment": ("the comment above is immutable", "remove the comment to watch it"),
}
