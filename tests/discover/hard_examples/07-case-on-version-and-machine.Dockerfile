FROM debian
ARG VERSION=latest
RUN case ${VERSION} in \
    latest) \
        export VERSION=$(curl -s https://api.github.com/repos/gohugoio/hugo/releases/latest \
            | grep "tag_name" | awk '{print substr($2, 3, length($2)-4)}') ;; \
    esac && \
    echo ${VERSION} && \
    case $(uname -m) in \
    aarch64) \
        export ARCH=ARM64 ;; \
    *) \
        export ARCH=64bit ;; \
    esac && \
    wget -O ${VERSION}.tar.gz \
      https://github.com/gohugoio/hugo/releases/download/v${VERSION}/hugo_${VERSION}_Linux-${ARCH}.tar.gz
