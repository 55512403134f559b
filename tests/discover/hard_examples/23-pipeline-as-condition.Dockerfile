FROM ubuntu:24.04
RUN dockerizeArch=arm64 && \
    if uname -p | grep "x86_64"; then dockerizeArch=x86_64; fi && \
    curl -sSL --fail -o /tmp/dockerize.tar.gz \
      "https://github.com/jwilder/dockerize/releases/download/v0.9/dockerize-linux-${dockerizeArch}.tar.gz"
