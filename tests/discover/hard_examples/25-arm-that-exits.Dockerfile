FROM alpine
RUN set -eux; \
    arch="$(apk --print-arch)"; arch="${arch##*-}"; \
    url=; \
    case "$arch" in \
      'x86_64') url='https://dl.google.com/go/go1.25.linux-amd64.tar.gz' ;; \
      'aarch64') url='https://dl.google.com/go/go1.25.linux-arm64.tar.gz' ;; \
      'armv7') url='https://dl.google.com/go/go1.25.linux-armv6l.tar.gz' ;; \
      'x86') url='https://dl.google.com/go/go1.25.linux-386.tar.gz' ;; \
      *) echo >&2 "error: unsupported architecture '$arch'"; exit 1 ;; \
    esac; \
    wget -O go.tgz.asc "$url.asc"; \
    wget -O go.tgz "$url"
