FROM debian
ARG GO_VERSION
RUN if [ -z "${GO_VERSION}" ]; then \
      GO_VERSION=$(curl -fsSL https://raw.githubusercontent.com/kubernetes/kubernetes/master/.go-version); \
    fi && curl -fsSL https://go.dev/dl/go${GO_VERSION}.linux-amd64.tar.gz | tar xz
