FROM debian
RUN <<EOF
set -e
mirror_url=$(wget -4 --quiet --output-document=/dev/null \
    --server-response http://mirror.ctan.org/ 2>&1 | sed -ne 's/.*Location: //p' | head -n 1)
wget --no-verbose "${mirror_url%/}/systems/texlive/tlnet/install-tl-unx.tar.gz"
EOF
