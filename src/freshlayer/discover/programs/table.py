"""Program → the rows of it and what reads them: the one place where a program is looked up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

from freshlayer.discover.programs import special
from freshlayer.discover.programs.downloads import LISTED, URLS
from freshlayer.discover.programs.package_managers import PACKAGES
from freshlayer.discover.programs.readers import Named, listed, packages, repositories, urls
from freshlayer.discover.programs.rows import Invocation, Row, rows
from freshlayer.discover.syntaxes.found import Finding

Reader = Callable[[Invocation], Iterator[Finding | Named]]

_CARGO = """
cargo | install | --git --branch --tag --rev --root --version --vers --features -F --bin -j --target
    --profile --registry --index --path
"""
_CHART = """
helm | pull fetch install template upgrade show/chart show/values | --version --repo --namespace -n -f
    --values --set -d --destination --untardir --username --password
"""
_REPOSITORY = "helm | repo/add | --username --password --ca-file --cert-file --key-file"
_MANIFEST = """
repo | init | -u --manifest-url -b --manifest-branch -m --manifest-name -g --groups --repo-url --repo-rev
    --reference --depth -p
west | init | -m --manifest-url --mr --mf -o --clone-opt
"""
_IMAGES = """
docker podman buildah nerdctl crane img | pull image/pull | --platform --arch --os --variant --authfile
    --creds --cert-dir --retry --format -c
"""
_HUB = """
hf huggingface-cli huggingface_hub.commands.huggingface_cli | download | --revision --repo-type --include
    --exclude --cache-dir --local-dir --token --local-dir-use-symlinks --max-workers
"""
_RELEASE = "gh | release/download | -R --repo -p --pattern -D --dir -O --output -A --archive"
_API = """
gh | api | -X --method -f -F --field --raw-field --input -H --header -q --jq -t --template --cache
    --hostname -p --preview
"""
_KEYS = """
gpg apt-key | | --keyserver --homedir --keyring --keyserver-options --options -o --output --default-key -u -r
    --recipient
"""
_PEAR = """
pecl pear | install upgrade download update-channels channel-update channel-discover | -c -d -D -R -P
    --installroot --packagingroot --configureoptions
"""
_COPIES = "rsync scp | | -e --rsh -P -i -o -F --exclude --include --files-from -f --filter"
_OBJECTS = "aws | s3api/get-object | --bucket --key --region --version-id --profile --endpoint-url"
_INDEXES = """
dnf dnf5 yum microdnf dnf-3 | config-manager | --add-repo --from-repofile --id --set --setopt
yum-config-manager | | --add-repo --setopt
zypper | addrepo ar | -p --priority -t --type
flatpak | remote-add
gem | sources | -a --add
conan | remote/add
"""

TABLES: tuple[tuple[str, Reader], ...] = (
    (_CARGO, special.cargo),
    ("helm | plugin/install | --version", special.helm_plugin),
    (_REPOSITORY, special.helm_repository),
    (_CHART, special.helm_chart),
    ("brew | tap", special.brew_tap),
    (_MANIFEST, special.manifest),
    (_IMAGES, special.images),
    (_HUB, special.hub),
    (_RELEASE, special.release),
    (_API, special.github_api),
    (_KEYS, special.keys),
    (_PEAR, special.pear),
    ("installGithub.r | | -r --repos -d --deps -u --update", special.github_packages),
    (_COPIES, special.copied),
    (_OBJECTS, special.objects),
    (_INDEXES, repositories),
    (PACKAGES, packages),
    (LISTED, listed),
    (URLS, urls),
)
"""(rows, what reads their arguments). Of several rows of a program, the first whose subcommand is there."""


@cache
def program(name: str) -> tuple[tuple[Row, Reader], ...]:
    """What is known of a program."""
    return tuple((rows(table)[name], reader) for table, reader in TABLES if name in rows(table))


@cache
def names() -> frozenset[str]:
    """Every program that a row is about."""
    return frozenset(name for table, _ in TABLES for name in rows(table))
