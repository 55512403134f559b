"""Golden tables of programs: a command → what it reads and what is listed (reason codes)."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshlayer.discover.commands import SYNTAXES, of_script
from freshlayer.discover.programs.names import plain_name
from freshlayer.discover.programs.table import names
from freshlayer.discover.programs.texts import PRINTERS, SUBCOMMANDS
from freshlayer.discover.syntaxes.found import Found
from freshlayer.discover.syntaxes.repositories import REPOSITORIES
from testing.scripts import surroundings

U = "https://example.org/a"
AROUND = surroundings({"U": U, "V": "1.2"})
BY_NAME, NO_PROBE, INDEX = "packages-by-name", "program-not-probed", "package-index"
CODES = {"P": BY_NAME, "L": NO_PROBE, "I": INDEX}

# ``U`` is a URL. Right: references; P packages by name, L program without probe, I index; ``-`` nothing.
PROGRAMS = """
pip install flask                                    | P
pip3.11 install flask                                | P
python -m pip install flask                          | P
python3.11 -m pip install -U pip                     | P
/opt/venv/bin/python3 -I -m pip install flask        | P
$PY -m pip install flask                             | P
$PIP install flask                                   | P
${SUDO} apt-get install curl                         | P
${VENV}/bin/pip install flask                        | P
${VENV}/bin/python -m pip install flask              | P
${MANAGER} install -y x                              | not-set
pip install -r requirements.txt                      | P
pip install U                                        | U P
pip install -r U                                     | U P
pip install --find-links U x                         | U P
pip install -i U x                                   | P
pip install --index-url=U --extra-index-url U x      | P
pip install --extra-index U x                        | P
pip install --index U --upgrade pip                  | P
pip install --pre U                                  | U P
pip install git+https://example.org/r@v1#egg=x       | git+https://example.org/r#v1 P
pip install 'x[y] @ git+https://example.org/r@v1'    | git+https://example.org/r#v1 P
pip install -e git+ssh://git@example.org/r#egg=x     | git+ssh://git@example.org/r P
pip config set global.index-url U                    | -
pip --version                                        | -
pip install --help                                   | -
pip cache purge                                      | -
pip-sync                                             | P
pip-compile requirements.in                          | P
pipx install black                                   | P
pipx run black                                       | P
pipx ensurepath                                      | -
uv pip install flask                                 | P
uv pip install git+https://example.org/r@v1          | git+https://example.org/r#v1 P
uv sync --frozen                                     | P
uv tool install ruff                                 | P
uv python install 3.12                               | P
uv --version                                         | -
uvx ruff check                                       | P
uvx --from git+https://example.org/r ruff            | git+https://example.org/r P
rye sync                                             | P
pixi install                                         | P
pixi global install x                                | P
poetry install --no-root                             | P
poetry config repositories.x U                       | -
python get-pip.py                                    | P
python setup.py install                              | P
python3 -m build                                     | P
conda install -c U -n base x                         | P
conda env create -f environment.yml                  | P
conda config --add channels U                        | -
micromamba install -y -n base x                      | P
apt-get update                                       | P
apt-get -o Acquire::Retries=3 install -y x           | P
apt-get -qq -y -o X=Y install x                      | P
apt -t bookworm install x                            | P
apt-get clean                                        | -
apt-get remove x                                     | -
apt-get autoremove -y                                | -
apt-get -y dselect-upgrade                           | P
apt-get changelog x                                  | P
unattended-upgrade -d                                | L
tasksel install web-server                           | P
pkcon install -y x                                   | P
apt-mark hold x                                      | -
rpm-ostree install foo                               | P
rpm-ostree -y override replace foo                   | P
rpm-ostree rebase ostree-image-signed:x              | P
rpm-ostree status                                    | -
rpm-ostree kargs --append=x                          | -
transactional-update -n pkg install x                | P
debuginfo-install x                                  | P
repoquery --requires x                               | P
bootc switch example.org/x                           | L
ostree pull r                                        | L
dnf history undo last                                | P
dnf5 do --action=install foo                         | P
dnf distro-sync                                      | P
dnf offline-upgrade download                         | P
dnf system-upgrade download                          | P
dnf debuginfo-install foo                            | P
dnf history list                                     | -
xx-apt install -y gcc                                | P
xx-apk add gcc                                       | P
xx-apt-get install -y gcc                            | P
apk add --no-cache -X U x                            | P
apk del x                                            | -
dnf install -y U                                     | U P
dnf -y module enable x                               | P
dnf config-manager --add-repo https://example.org/x.repo             | https://example.org/x.repo
dnf config-manager addrepo --from-repofile=https://example.org/x.repo | https://example.org/x.repo
dnf config-manager --add-repo U                      | I
dnf config-manager --set-enabled crb                 | -
yum-config-manager --add-repo https://example.org/x.repo             | https://example.org/x.repo
zypper addrepo U x                                   | I
zypper ar -f https://example.org/x.repo              | https://example.org/x.repo
zypper -n in x                                       | P
rpm -i U                                             | U
rpm --import U                                       | U
rpm -U $RPM_URL                                      | not-set
tar xf x-$(curl U).tgz                               | U
rpm -q x                                             | -
pacman -Syu --noconfirm x                            | P
pacman -S x                                          | P
pacman -U U                                          | U P
pacman -Rns x                                        | -
pacman -Q                                            | -
swupd bundle-add x                                   | P
emerge -q x                                          | P
xbps-install -Sy x                                   | P
opkg install x                                       | P
pkg install -y x                                     | P
tlmgr install x                                      | P
tlmgr --repository U install x                       | P
tlmgr option repository U                            | -
brew install x                                       | P
brew tap o/r                                         | git+https://github.com/o/homebrew-r.git
brew tap o/r https://example.org/r                   | git+https://example.org/r
npm install                                          | P
npm ci                                               | P
npm install -g o/r                                   | git+https://github.com/o/r.git P
npm install o/r#v1                                   | git+https://github.com/o/r.git#v1 P
npm install @o/r                                     | P
npm install ./o/r                                    | P
npm install --prefix a/b x                           | P
npm install git+https://example.org/r#v1             | git+https://example.org/r#v1 P
npm install github:o/r                               | git+https://github.com/o/r.git P
npm install U                                        | U P
npm install --registry U x                           | P
npm config set registry U                            | -
npm run build                                        | -
npm cache clean --force                              | -
npx -y x                                             | P
node /usr/lib/npm-cli.js install x                   | P
yarn                                                 | P
yarn --frozen-lockfile                               | P
yarn install                                         | P
yarn add x                                           | P
yarn build                                           | -
yarn --prod ""                                       | -
yarn config set registry U                           | -
pnpm fetch                                           | P
pnpm i --frozen-lockfile                             | P
pnpm --filter x install                              | P
pnpm build                                           | -
bun install                                          | P
corepack enable                                      | -
corepack prepare pnpm@9 --activate                   | P
n 20                                                 | P
nvm install 20                                       | P
nvm use 20                                           | -
gem install x --source U                             | P
gem install x -v 1.2                                 | P
gem sources --add U                                  | I
bundle                                               | P
bundle install --jobs 4                              | P
bundle _2.3_ install                                 | P
bundle config set without test                       | -
bundle exec rake                                     | -
composer i                                           | P
composer install --no-dev                            | P
php composer.phar install                            | P
php -d memory_limit=-1 /usr/bin/composer install     | P
composer dump-autoload                               | -
install-php-extensions gd                            | P
pecl install x                                       | https://pecl.php.net/rest/r/x/stable.txt
pecl install Imagick-3.7.0 y-beta                    | https://pecl.php.net/get/Imagick-3.7.0.tgz https://pecl.php.net/rest/r/y/allreleases.xml
pecl install -f -D 'enable-a="no"' x                 | https://pecl.php.net/rest/r/x/stable.txt
pear install Mail                                    | https://pear.php.net/rest/r/mail/stable.txt
pear install channel://pecl.php.net/x-1.0            | https://pecl.php.net/get/x-1.0.tgz
pecl install U                                       | U
pecl install ./package.xml                           | P
pear install phpunit/PHPUnit                         | P
pecl upgrade                                         | P
pecl channel-update pecl.php.net                     | https://pecl.php.net/channel.xml
pear channel-discover pear.horde.org                 | https://pear.horde.org/channel.xml
pecl channel-update doc                              | https://doc.php.net/channel.xml
cargo build --release                                | P
cargo +nightly build                                 | P
cargo chef cook --release                            | P
cargo chef prepare                                   | -
cargo install x                                      | P
cargo install --git U --branch b                     | git+https://example.org/a#b P
cargo install --git U --tag v1                       | git+https://example.org/a#v1 P
cargo install --git=U --rev abc1234                  | git+https://example.org/a#abc1234 P
cargo install --git U x                              | git+https://example.org/a P
cargo clean                                          | -
rustup show                                          | -
rustup target add x                                  | P
rustup default stable                                | P
go mod download                                      | P
go install example.org/x@latest                      | P
go env -w GOPROXY=U                                  | -
go version                                           | -
dotnet restore                                       | P
dotnet --info                                        | -
mvn -B package                                       | P
./mvnw dependency:go-offline                         | P
mvn --version                                        | -
gradle --version                                     | -
./gradlew build                                      | P
stack --version                                      | -
stack build                                          | P
cabal update                                         | P
cpanm x                                              | P
luarocks install x                                   | P
conan install .                                      | P
conan remote add x U                                 | I
vcpkg install x                                      | P
choco install x                                      | P
terraform init                                       | P
terraform version                                    | -
tflint --init                                        | P
ansible-galaxy collection install x                  | P
ansible-galaxy install -r requirements.yml           | P
jenkins-plugin-cli --plugins x:1                     | P
playwright install --with-deps                       | P
npx playwright install                               | P
python -m playwright install                         | P
python -m spacy download en                          | P
spacy download en                                    | P
python -m nltk.downloader punkt                      | P
mix do deps.get, compile                             | P
nvim --headless '+Lazy! sync' +qa                    | L
nvim +q                                              | -
mix deps.get                                         | P
pyenv install 3.12                                   | P
asdf install                                         | P
asdf plugin add x U                                  | U P
mise install                                         | P
sdk install java                                     | P
rbenv install 3.3                                    | P
hf download o/r                                      | git+https://huggingface.co/o/r
hf download o/r f.bin --revision v1                  | https://huggingface.co/o/r/resolve/v1/f.bin
huggingface-cli download o/r f --local-dir /m        | https://huggingface.co/o/r/resolve/main/f
huggingface-cli download --repo-type dataset o/r     | git+https://huggingface.co/datasets/o/r
hf download o/r --include '*.json'                   | git+https://huggingface.co/o/r
huggingface-cli login                                | -
docker pull a:1                                      | docker-image://a:1
podman pull docker://quay.io/o/a:1                   | docker-image://quay.io/o/a:1
buildah pull a                                       | docker-image://a
buildah from a                                       | L
crane pull o/a:1 /x.tar                              | docker-image://o/a:1
docker image pull a                                  | docker-image://a
docker load -i x.tar                                 | -
docker pull --platform linux/arm64 a                 | other-platforms
docker run --rm a:1 x                                | L
gh release download v1 -R o/r -p x.tgz               | https://github.com/o/r/releases/download/v1/x.tgz
gh release download -R o/r -p '*.tgz'                | https://api.github.com/repos/o/r/releases/latest
gh release download v1 -R o/r                        | https://api.github.com/repos/o/r/releases/tags/v1
gh release download v1                               | incomplete-command
gh repo clone o/r                                    | git+https://github.com/o/r.git
gh repo clone o/r d -- -b v1                         | git+https://github.com/o/r.git#v1
gh repo clone o/r d && cd d && git checkout v1       | git+https://github.com/o/r.git#v1
gh api repos/o/r/releases/latest                     | https://api.github.com/repos/o/r/releases/latest
gh api repos/o/r -X POST                             | post-request
gh auth login                                        | -
helm repo add x U                                    | https://example.org/a/index.yaml
helm repo add x https://example.org/charts/          | https://example.org/charts/index.yaml
helm repo update                                     | P
helm plugin install https://github.com/o/r --version v1 | git+https://github.com/o/r#v1
helm plugin install https://example.org/x.tgz        | https://example.org/x.tgz
helm pull https://example.org/x.tgz                  | https://example.org/x.tgz
helm pull oci://r.io/o/x --version 1.2               | docker-image://r.io/o/x:1.2
helm pull oci://r.io/o/x                             | every-tag
helm pull x --repo U --version 1                     | https://example.org/a/index.yaml
helm install r x/y                                   | P
helm version                                         | -
repo init -u U -b v1 -m default.xml                  | git+https://example.org/a#v1
repo sync -j4                                        | L
west init -m U --mr v1                               | git+https://example.org/a#v1
west update                                          | L
gpg --keyserver k.org --recv-keys ABC                | L
gpg2 --batch --recv-keys ABC                         | L
gpg --batch --recv-keys 0xF7D5C9BF765C61E3           | L
gpg --recv-keys 'EB4C 1BFD 4F04 2F6D DDCC  EC91 7721 F63B D38B 4796' | key-by-fingerprint
apt-key adv --keyserver k.org --recv-keys 0xB42F6819007F00F88E364FD4036A9C25BF357DD4 | key-by-fingerprint
gpg --keyserver hkps://k.org --refresh-keys 4ABC99FE | L
gpg --fetch-keys U                                   | U
gpg --verify x.asc                                   | -
gpg --batch --import x.asc                           | -
apt-key adv --keyserver k.org --recv-keys ABC        | L
apt-key adv --fetch-keys U                           | U
apt-key add x.asc                                    | -
add-apt-repository ppa:o/r                           | L
add-apt-repository "deb U x main"                    | L
ssh-keyscan github.com                               | L
svn co U                                             | L
svn --version                                        | -
rsync -a /a/ /b/                                     | -
rsync -a host:/a /b                                  | L
scp user@host:/a /b                                  | L
aws s3api get-object --bucket b --key k/x f          | s3://b/k/x
aws s3 cp f s3://b/k                                 | -
aws --endpoint-url U s3 cp f s3://b/k                | -
gsutil cp f gs://b/k                                 | -
aws configure set region x                           | -
kubectl apply -f U                                   | U
kubectl apply -f x.yaml                              | -
kubectl version --client                             | -
deno cache U                                         | U P
R -e "install.packages('x', repos='U')"              | P
R -e "install.packages('U', repos=NULL)"             | U P
Rscript -e 'remotes::install_github("o/r@v1")'       | git+https://github.com/o/r.git#v1 P
Rscript -e 'install_github(c("o/r", "o/s"))' | git+https://github.com/o/r.git git+https://github.com/o/s.git P
Rscript -e 'devtools::install_github("o/r", ref = "v2")' | git+https://github.com/o/r.git#v2 P
R --no-save -e 'BiocManager::install("x")'           | P
Rscript -e 'remotes::install_git("U", ref="v1")'     | git+https://example.org/a#v1 P
Rscript -e 'remotes::install_gitlab("g/o/r@v1")'     | git+https://gitlab.com/g/o/r.git#v1 P
Rscript -e 'download.file("U", "f")'                 | U
Rscript -e 'source("U")'                             | U
Rscript -e 'options(repos=c(CRAN="U")); install.packages("x")' | P
Rscript -e 'cat(R.version.string)'                   | -
Rscript -e 'tinytex::install_tinytex()'              | P
install2.r --error x y                               | P
install2.r -r U x                                    | P
installGithub.r o/r@v1                               | git+https://github.com/o/r.git#v1 P
julia -e 'using Pkg; Pkg.add("X")'                   | P
julia -e 'using Pkg; Pkg.add(url="U", rev="v1")'     | git+https://example.org/a#v1 P
julia -e 'import Pkg; Pkg.instantiate()'             | P
julia -e 'download("U", "f")'                        | U
julia -e 'println(VERSION)'                          | -
python -c "import nltk; nltk.download('punkt')"      | P
python3 -c "snapshot_download('o/r', revision='v1')" | git+https://huggingface.co/o/r#v1
python3 -c "hf_hub_download(repo_id='o/r', filename='f')" | https://huggingface.co/o/r/resolve/main/f
python3 -c "AutoModel.from_pretrained('o/r')"        | git+https://huggingface.co/o/r
python3 -c "import torch; torch.hub.load('o/r:v1', 'm')" | git+https://github.com/o/r.git#v1
python3 -c "import urllib.request; urllib.request.urlretrieve('U', 'f')" | U
python3 -c "import whisper; whisper.load_model('base')" | L
python3 -c "print('U')"                              | -
python3 -c "import sys; print(sys.version)"          | -
node -p "process.version"                            | -
node -e "console.log('U')"                           | -
node -e "fetch('U')"                                 | U
ruby -e 'puts "U"'                                   | -
ruby -ropen-uri -e 'print URI.open("U").read'        | U
php -r "copy('U', 'setup.php');"                     | U
php -r "echo 'U';"                                   | -
perl -pi -e 's#http://x#U#' f                        | -
perl -MCPAN -e 'install X'                           | P
curl -K - <<< 'url = "U"'                            | U
curl --config - <<< 'url = U'                        | U
printf 'silent\\n# no\\nurl="U"\\noutput = f\\n' | curl -L -K - | U
wget -i - <<< U                                      | U
printf '%s\\n' U https://example.org/b | wget -i -   | U https://example.org/b
ollama pull x                                        | L
dvc pull                                             | L
yt-dlp U                                             | L
echo U > f                                           | -
sed -i s#x#U# f                                      | -
git config --global url.U.insteadOf x                | -
curl --version                                       | -
frobnicate U                                         | unknown-program
frobnicate --from=U                                  | unknown-program
frobnicate x                                         | -
frobnicate --help                                    | -
make install                                         | -
"""


def rows() -> list[tuple[str, list[str]]]:
    found = [line.rpartition(" | ") for line in PROGRAMS.strip().splitlines()]
    return [(_spelled(left.strip()), _spelled(right).split()) for left, _, right in found]


def _spelled(text: str) -> str:
    return re.sub(r"(?<![\w$/.-])U(?!\w)", U, text)


def read(script: str) -> list[str]:
    """References, and the codes of what is listed."""
    letters = {code: letter for letter, code in CODES.items()}
    found = [finding for _, finding in of_script(script, AROUND)]
    return sorted(
        item.text if isinstance(item, Found) else letters.get(item.reason.code, item.reason.code)
        for item in found
    )


@pytest.mark.parametrize(("script", "expected"), rows(), ids=[row[0] for row in rows()])
def test_a_program_reads(script: str, expected: list[str]) -> None:
    assert read(script) == sorted(item for item in expected if item != "-")


def test_pecl_updates_all_of_its_channels() -> None:
    hosts = ("doc.php.net", "pear.php.net", "pecl.php.net")
    assert read("pecl update-channels") == [f"https://{host}/channel.xml" for host in hosts]


_KNOWN = sorted((names() | SYNTAXES.keys()) - PRINTERS - REPOSITORIES.keys())
_PROGRAM = st.one_of(st.sampled_from(_KNOWN), st.from_regex(r"[a-z][a-z0-9-]{2,11}", fullmatch=True))
_OPTION = st.sampled_from(["-q", "-y", "--quiet", "-x", "--no-cache", "-f", "--flag", ""])


@given(_PROGRAM, st.lists(_OPTION, max_size=3), st.sampled_from(["", "--url="]))
def test_a_program_with_a_url_is_never_silent(name: str, options: list[str], before: str) -> None:
    """Programs for which a URL is text are the exception, and each is in a table."""
    name = name.removeprefix("python:")
    if plain_name(name) in PRINTERS | SUBCOMMANDS or (name, before) == ("wget", "--url="):
        return
    if name == "curl" and not {"-x", "-y"}.isdisjoint(options):
        # The URL is the value of the option.
        return
    script = f"{name} {' '.join(options)} {before}{U}"
    assert read(script) != [] or name in {"cd", "exec"}
