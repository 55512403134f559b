FROM ubuntu
ARG TARGETARCH
ARG TECTONIC_VERSION=0.15.0
RUN TECTONIC_REPO='https://github.com/tectonic-typesetting/tectonic/releases/download'; \
    TECTONIC_TARBALL_FMT='tectonic-%s-%s-unknown-linux-%s.tar.gz'; \
    case "$TARGETARCH" in \
      amd64) TECTONIC_ARCH=x86_64; TECTONIC_LIBC=gnu ;; \
      arm64) TECTONIC_ARCH=aarch64; TECTONIC_LIBC=musl ;; \
      *) exit 1 ;; \
    esac; \
    TECTONIC_TARBALL="$(printf "$TECTONIC_TARBALL_FMT" "$TECTONIC_VERSION" "$TECTONIC_ARCH" "$TECTONIC_LIBC")"; \
    wget "$TECTONIC_REPO/tectonic%40$TECTONIC_VERSION/$TECTONIC_TARBALL"
