FROM openjdk
ARG PRESTO_VERSION=
COPY get_presto_versions.sh /
RUN if [ -z "$PRESTO_VERSION" ]; then PRESTO_VERSION=$(./get_presto_versions.sh | head -n1); fi && \
    wget "https://repo1.maven.org/maven2/io/prestosql/presto-server/$PRESTO_VERSION/p-$PRESTO_VERSION.tar.gz"
