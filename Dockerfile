# freshlayer itself, with a docker client:
#   docker build -t freshlayer .
#   docker run --rm -v "$PWD:/work" freshlayer check .
#   docker run --rm -v "$PWD:/work" -v /var/run/docker.sock:/var/run/docker.sock freshlayer build -t app .
FROM python:3.13-slim AS installed
COPY . /source
RUN python -m venv /opt/freshlayer && /opt/freshlayer/bin/pip install --no-cache-dir "/source[aws,postgres,watch]"

FROM python:3.13-slim
# git probes git references; its packages are those of the base image's release.
RUN apt-get update \
    && apt-get install -y --no-install-recommends git openssh-client \
    && rm -rf /var/lib/apt/lists/*
COPY --from=docker:28-cli /usr/local/bin/docker /usr/local/bin/docker
COPY --from=docker:28-cli /usr/local/libexec/docker/cli-plugins /usr/local/libexec/docker/cli-plugins
COPY --from=installed /opt/freshlayer /opt/freshlayer
ENV PATH=/opt/freshlayer/bin:$PATH XDG_STATE_HOME=/var/lib/freshlayer
VOLUME /var/lib/freshlayer
WORKDIR /work
ENTRYPOINT ["freshlayer"]
CMD ["--help"]
