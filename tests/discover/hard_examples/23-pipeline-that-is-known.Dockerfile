FROM ubuntu:24.04
RUN dockerizeArch=arm64 && \
    if uname -m | grep "x86_64"; then dockerizeArch=x86_64; fi && \
    curl -sSL -o /tmp/dockerize.tar.gz "https://github.com/jwilder/dockerize/d-linux-${dockerizeArch}.tar.gz"
