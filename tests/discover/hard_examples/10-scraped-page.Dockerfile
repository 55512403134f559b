FROM alpine
RUN curl -so packer.zip $(curl -sk https://www.packer.io/downloads.html | \
    grep -oE 'https://releases.hashicorp.com/packer/[0-9.]+/packer_[0-9.]+_linux_amd64.zip' | head -1)
