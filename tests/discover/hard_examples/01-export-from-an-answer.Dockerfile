FROM centos:7
ARG SWIFT_PLATFORM=centos
ARG OS_MAJOR_VER=7
ARG SWIFT_WEBROOT=https://download.swift.org/development
ENV SWIFT_WEBROOT="$SWIFT_WEBROOT/$SWIFT_PLATFORM$OS_MAJOR_VER"
RUN echo "${SWIFT_WEBROOT}/latest-build.yml" \
    && export $(curl -s ${SWIFT_WEBROOT}/latest-build.yml | grep 'download:' | sed 's/:[^:\/\/]/=/g') \
    && export $(curl -s ${SWIFT_WEBROOT}/latest-build.yml | grep 'download_signature:' | sed 's/:[^:\/\/]/=/g') \
    && export DOWNLOAD_DIR=$(echo $download | sed "s/-${OS_VER}.tar.gz//g") \
    && curl -fL ${SWIFT_WEBROOT}/${DOWNLOAD_DIR}/${download} > latest_toolchain.tar.gz \
    && curl -fL ${SWIFT_WEBROOT}/${DOWNLOAD_DIR}/${download_signature} > latest_toolchain.tar.gz.sig
