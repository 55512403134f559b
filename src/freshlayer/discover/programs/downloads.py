"""Other programs that reach the network. A row is written as in ``package_managers``."""

from __future__ import annotations

LISTED = """
svn svnsync | checkout co export update up switch sw list ls cat info log
bzr brz | clone branch checkout co export pull update
cvs | checkout co export update
fossil | clone open pull sync update
darcs pijul | clone get pull
sftp ftp lftp tftp ncftpget smbclient curlftpfs ssh telnet nc ncat netcat socat ssh-keyscan
vcs | import pull
wstool | init update merge
rosinstall rosinstall_generator rosws gclient jiri kas bitbake
repo | sync
west | update
oras | pull copy cp blob manifest discover
crane gcrane | blob config copy cp digest export manifest pull
regctl regsync | image artifact blob manifest
ctr nerdctl crictl img | pull image/pull images/pull run build
docker podman buildah | run build from compose buildx bud create
docker-compose podman-compose | pull build up
apptainer singularity | pull build exec run
minikube kind k3s k3d kubeadm | start create config load image pull
ollama | pull run
kaggle | datasets competitions kernels models
modelscope | download clone
dvc | pull fetch get import import-url update
datalad git-annex | install clone get update
wandb mlflow | artifact artifacts
gdown youtube-dl yt-dlp you-get megadl mega-get gcsfuse s3fs
ipfs | get cat
transmission-cli qbittorrent-nox
add-apt-repository apt-add-repository
extrepo | enable update
pacman-key | --refresh-keys -r --recv-keys
freshclam geoipupdate msfupdate
nuclei | -update-templates -ut -update
trivy | image fs plugin
grype | db
nikto wpscan | -update --update
searchsploit | -u --update
semgrep | --config scan
aws | ssm/get-parameter ssm/get-parameters secretsmanager/get-secret-value codeartifact/login
    codeartifact/get-authorization-token s3api/list-objects s3api/list-objects-v2
gcloud | secrets artifacts/files builds
az | storage/blob/list keyvault artifacts
vault consul etcdctl | read kv get agent
op infisical doppler chamber | read run export secrets inject exec
step | ca certificate ssh
certbot acme.sh
gh | run/download extension/install extension/upgrade release/view release/list workflow | -R --repo -q
    --jq -t --template
glab | release repo api
kubectl oc | get
vim nvim | +Plug +Lazy +Pack +Vundle +Mason +TS +Coc
hugo | mod
ng | add update
bootc | upgrade update switch install
ostree | pull remote/refs remote/summary
ubuntu-drivers | install autoinstall
pro ua ubuntu-advantage | attach enable fix
dget debsnap pull-lp-source pull-debian-source do-release-upgrade dnf-automatic yum-cron apt-mirror debmirror
spectool rpmdev-spectool | -g --get-files
ansible-pull npm-check-updates ncu earthly dagger unattended-upgrade unattended-upgrades
openssl | s_client | -connect -servername
sdkmanager android |  | --sdk_root
"""
"""Programs for whose downloads freshlayer has no probe."""

URLS = """
rpm rpmkeys |  | --root -r --dbpath
dpkg pkg_add
apt-key | adv add | --keyring --keyserver
tar unzip bsdtar
java javaws |  | -cp -classpath
msiexec
kubectl oc | apply create kustomize replace | -n --namespace | -f --filename -k
kustomize | build
jupyter | nbconvert
ffmpeg ffprobe gdal_translate ogr2ogr gdalinfo pandoc xsltproc xmllint
http https xh httpie lynx w3m links elinks |  | -o --output -a --auth
nix-prefetch-url nix-prefetch-git
cosign minisign | verify-blob |  | --certificate --signature --key
R r littler julia Rscript php python node ruby perl lua
flatpak | remote-add
gem | sources
"""
"""Programs that read a URL given as an argument, as it is."""
