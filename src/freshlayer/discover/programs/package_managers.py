"""Package managers. A row: names | subcommands that fetch | options with a value | options that are read.

The value of the last ones is a URL or a file. A subcommand of two words is written ``two/words``; ``.`` is
none at all. Where no subcommand is named, every command fetches. One that begins with a dash is the beginning
of an option (``-S`` of pacman). A row goes on in lines that are indented.
"""

from __future__ import annotations

PACKAGES = """
apt apt-get aptitude nala apt-fast | install reinstall update upgrade dist-upgrade full-upgrade
    safe-upgrade dselect-upgrade download source changelog build-dep satisfy fetch history-undo
    history-redo history-rollback history/undo history/redo | -o --option -t --target-release
    --default-release -c --config-file -a --host-architecture
apt-file | update
apt-install clean-install amdgpu-install install_packages
    install-packages upgrade-packages apt-install-and-clean gdebi
    mk-build-deps
debootstrap mmdebstrap cdebootstrap qemu-debootstrap |  | --arch --variant --include --exclude
    --components --keyring
apk | add update upgrade fetch fix cache/download cache/sync | -X --repository -t --virtual -p --root
    --repositories-file --keys-dir --arch --cache-dir
dnf dnf4 dnf5 dnf-3 microdnf tdnf yum | install update upgrade groupinstall groupupdate group localinstall
    swap module builddep build-dep makecache reinstall downgrade distro-sync distrosync upgrade-minimal
    update-minimal download reposync copr system-upgrade check-update do shell repository-packages
    debuginfo-install debug-restore offline-upgrade offline-distrosync replay manifest automatic
    history/undo history/redo history/rollback history/replay | --repo --repoid --enablerepo
    --disablerepo --setopt --releasever --installroot -x --exclude -c --config --forcearch -d -e -R
    --destdir --disableexcludes --advisory
yum-builddep dnf-builddep yumdownloader reposync yum-groupinstall amazon-linux-extras subscription-manager
    debuginfo-install repoquery repotrack yum-debug-restore
rpm-ostree | install update upgrade rebase deploy override module compose ex refresh-md search uninstall
transactional-update | pkg dup up patch migration setup-fips setup-selinux rollback
pkcon | install install-local update upgrade-system download refresh get-updates
tasksel | install
dselect | update install .
apt-src apt-build | install update upgrade
apt-clone | restore
multistrap | | -f -d -a --arch
mock | | -r --root
zypper | install in update up dup dist-upgrade patch refresh ref source-install si verify inr
    install-new-recommends modifyrepo source-download purge-kernels aloc addlocale shell migration
    | -p --plus-repo -r --repo --from -t --type -R --root -D
    --reposd-dir -C --cache-dir
pacman yay paru pamac pacman-mirrors | -S --sync -U --upgrade install update upgrade | -r --root -b
    --dbpath --config --cachedir --ignore
swupd | bundle-add update autoupdate bundle-install os-install
emerge emaint emerge-webrsync eix-sync layman
xbps-install xbps-fetch |  | -R --repository -r --rootdir -C -c
opkg opkg-cl ipkg | install update upgrade download | -f -d -o --dest
pkg | install update upgrade add fetch bootstrap | -r -o -c -j -C
pkg_add pkgin slackpkg eopkg urpmi installp
guix | install pull package build time-machine shell environment
nix-env | -i --install -u --upgrade -iA -f | -p --profile | -f
nix | build run develop shell profile flake eval | --option
nix-build nix-channel nixos-rebuild home-manager |  | -A --option
nix-shell |  | -p --packages --run --command -A
tlmgr | install update | --repository --repo -repository -repo
install-tl texliveonfly
brew | install upgrade update reinstall bundle cask fetch
port | install selfupdate upgrade sync
conda mamba micromamba | install create update upgrade env/create env/update | -c --channel -n --name -p
    --prefix --repodata-fn -r --root-prefix | -f --file
conda-lock | install | -n --name -p --prefix --conda
pixi | install add global update exec run shell lock upgrade | -c --channel --manifest-path -e
    --environment
rattler-build boa conda-build | build
pip | install download wheel | -i --index-url --extra-index-url --trusted-host --proxy --target -t
    --prefix --root --platform --python-version --implementation --abi --cache-dir --progress-bar --log
    --cert --client-cert --timeout --retries --upgrade-strategy --only-binary --no-binary --global-option
    --install-option --config-settings --exists-action --src -d --dest -w --wheel-dir --report --python
    --root-user-action --build -b --keyring-provider | -r --requirement -f --find-links -c --constraint -e
    --editable
pipx | install run inject upgrade upgrade-all reinstall install-all runpip | -i --index-url --python
    --pip-args --suffix | --spec
uv | pip/install pip/sync pip/compile sync add lock run tool/install tool/run tool/upgrade python/install
    python/upgrade build export venv self/update | -i --index-url --extra-index-url --index
    --default-index -p --python --target --prefix --cache-dir --index-strategy --extra --group
    --only-group --no-group --project --directory --package --link-mode --python-preference --resolution
    --prerelease --exclude-newer --config-file --keyring-provider --no-install-package --upgrade-package
    -P --no-binary-package -o --output-file --config-setting --allow-insecure-host --torch-backend --color
    --env-file | -r --requirement --requirements -f --find-links -c --constraint --constraints --override
    --overrides -e --editable --with --from --with-requirements
uvx pip-sync pip-compile easy_install python:get-pip python:ez_setup fades pip-audit |  | -i --index-url
    --extra-index-url --python -p -o --output-file --cache-dir --trusted-host | -r -f --find-links --from
    --with
rye | sync add install fetch lock toolchain/fetch tools/install self/update
poetry | install add update lock self sync | -C --directory -P --project -E --extras --with --without
    --only -G --group --source
pipenv | install sync update lock upgrade requirements | --python --pypi-mirror -i --index | -e -r
pdm | install sync add update lock self | -G --group -p --project -L
hatch flit tox nox | env/create build run install . | -e -s --session -f
python:build |  | -o --outdir -C --config-setting
python:setup | install develop test build_ext bdist_wheel
npm | install i ci add update up upgrade exec x audit dedupe create init install-test it cit clean-install
    install-clean isntall fund | --prefix -C --registry --loglevel --cache --userconfig -w --workspace
    --omit --include --install-strategy --network-timeout --fetch-timeout --fetch-retries
    --network-concurrency --tag --target --arch --platform
yarn yarnpkg | . install add up upgrade upgrade-interactive global/add global/upgrade dlx create
    set/version import plugin/import workspaces/focus workspace | --cwd --modules-folder --cache-folder
    --registry --network-timeout --mutex --network-concurrency --mode
pnpm | install i add fetch update up upgrade dlx create import env/use env/add self-update deploy | --dir
    -C --filter -F --registry --store-dir --reporter --loglevel --prefix
bun | install i add a x create c update upgrade | --cwd --cache-dir --backend
npx bunx pnpx |  | -p --package -c --call --registry --cache --prefix
corepack | prepare install use up | --install-directory
n
volta fnm nodenv rbenv goenv tfenv jabba swiftenv phpenv luaenv plenv nodeenv | install fetch . use
nvm | install install-latest-npm
lerna | bootstrap
bower typings jspm elm-package | install
deno | install cache add run compile
node-gyp | install rebuild configure
gem | install i update fetch | -v --version -s --source -i --install-dir -n --bindir -P --trust-policy -p
    --http-proxy --platform --document -N
bundle bundler | . install update package cache add lock outdated pristine | --path --jobs -j --without
    --with --retry --gemfile --binstubs
pod carthage | install update bootstrap setup
composer | install i update u upgrade require req r create-project global/install global/require
    global/update self-update selfupdate reinstall outdated | -d --working-dir --repository
    --prefer-install
phive pickle pie | install
pecl pear | upgrade-all
docker-php-ext-install install-php-extensions |  | -j
cargo | install build b fetch update add run r test t check c vendor generate-lockfile binstall chef/cook
    bench rustc clippy doc package auditable | --target --features -F --profile -j --jobs --root
    --manifest-path -p --package --bin --example --test --bench --target-dir -Z --config --version --vers
    --index --registry --color --path --message-format --recipe-path --edition
cargo-binstall cargo-install wasm-pack trunk cross maturin |  | --target --features -m --manifest-path -i
    --interpreter -o --out
rustup rustup-init | install update toolchain/install toolchain/add target/add target/install
    component/add component/install default self/update override/set -y --default-toolchain run |
    --toolchain --target --profile -c --component -t --default-host
go garble | install get mod/download mod/tidy mod/vendor build run test generate work tool vet list | -o
    -ldflags -tags -gcflags -asmflags -mod -modfile -p -buildmode -C -run -timeout
dotnet | restore add tool install publish build run test workload pack new msbuild | -s --source -c
    --configuration -o --output -r --runtime -f --framework -v --verbosity --configfile --add-source
    --tool-path --version --arch -a
nuget msbuild paket | restore install update . | -Source -OutputDirectory -Version -ConfigFile
mvn mvnw mvnd |  | -f --file -s --settings -pl --projects -P -T -D -Dmaven.repo.local
gradle gradlew |  | -p --project-dir -b --build-file -c --settings-file -g --gradle-user-home -I
    --init-script -x --exclude-task --console
sbt lein mill clojure clj boot coursier cs scala-cli grape activator
bazel bazelisk buck buck2 pants | build run test fetch sync query vendor mod | --config
luarocks | install build download make | --server --only-server --tree
opam | init install update upgrade switch pin reinstall repository repo | --root --switch --comp
stack | setup build install update upgrade test exec . ghc | --resolver --stack-yaml
cabal | update v2-update install build get fetch new-install new-update new-build v2-install v2-build run
    test | -w
ghcup | install set upgrade compile
mix | do deps.get deps.update deps.compile local.hex local.rebar archive.install escript.install hex.install
    local.phx setup
rebar3 rebar | compile get-deps deps release as
elm | make install
dart flutter pub fvm | pub precache upgrade install get build doctor create global use
swift | build package run test
shards crystal nimble dub haxelib spago psc-package zef | install build get update fetch upgrade .
zig | fetch build
raco | pkg/install pkg/update
cpan cpanm cpm carton cpanminus |  | -L -l --local-lib --mirror
conan | install download create remote/add config/install build | -s -o -r -if -pr --build --profile -of
vcpkg cget | install upgrade update | --triplet
spack | install mirror/create bootstrap fetch external/buildcache
eb |  | --robot
choco cinst cup scoop winget | install upgrade update import bucket/add | -s --source --version
terraform tofu terragrunt | init get providers | -chdir -backend-config
tflint packer pulumi | init --init plugin/install plugin package/add install
ansible-galaxy | install collection role | -p --roles-path -s --server
puppet r10k librarian-puppet librarian-chef berks | module/install puppetfile/install install vendor
    deploy
vagrant | plugin/install box/add up
krew kubectl-krew | install update
jb | install update
buf | mod/update dep/update generate build export
mise rtx | install i use u exec x up upgrade plugins/install plugin/install self-update
asdf | install plugin-add plugin/add plugin/update plugin-update update
pyenv | install update
rvm | install get reinstall
sdk | install update selfupdate upgrade i
kerl kiex phpbrew gvm g evm | build install update init .
aqua proto arkade eget dra ubi stew hermit devbox pkgx | install i add get update use .
jenkins-plugin-cli install-plugins.sh install-plugins jenkins-plugins |  | --war
    --plugin-download-directory -d --jenkins-version | -f --plugin-file
elasticsearch-plugin opensearch-plugin kibana-plugin logstash-plugin opensearch-dashboards-plugin |
    install update
grafana-cli grafana | plugins cli
wp | core/download core/update plugin/install theme/install language package/install | --path --version
drush drupal | dl pm-download up
playwright patchright puppeteer cypress camoufox webdriver-manager selenium-manager rebrowser-playwright |
    install install-deps browsers/install fetch update .
spacy | download
nltk nltk.downloader textblob.download_corpora textblob stanza argospm |  | -d
code code-server codium openvscode-server | --install-extension | --extensions-dir --user-data-dir
apm | install
jupyter jupyter-labextension | labextension/install lab/build nbextension/install serverextension/install
helm | dependency/build dependency/update dep/build dep/up dep/update repo/update
gcloud | components/install components/update components
az | extension/add bicep/install aks/install-cli upgrade
snap | install refresh download
flatpak | install update remote-add
ruby-install ruby-build python-build node-build nodejs-install rbenv-install
install2.r installBioc.r installDeps.r update.r |  | -r --repos -n --ncpus -l --libloc -d --deps -t --type
fisher antigen zinit zplug omz vim-plug | install update load .
perlbrew | install install-cpanm
steamcmd winetricks
meson | subprojects wrap
rosdep | init update install | --rosdistro --from-paths --skip-keys
platformio pio | pkg lib platform run update upgrade install
arduino-cli | core lib | --additional-urls
idf.py idf_tools.py idf_tools | install install-python-env update | --targets
neo4j-admin | plugin/install
"""
