FROM amazonlinux:2023
ARG version=25.0.0.36-1
ARG package_version=1
RUN set -eux \
    && ARCH=$(rpm --query --queryformat='%{ARCH}' rpm) \
    && RPM_LIST=("java-25-amazon-corretto-$version.amzn2023.${package_version}.${ARCH}.rpm" \
                 "java-25-amazon-corretto-headless-$version.amzn2023.${package_version}.${ARCH}.rpm") \
    && for rpm in ${RPM_LIST[@]}; do \
         curl --fail -O https://corretto.aws/downloads/resources/$(echo $version | tr '-' '.')/${rpm} \
         && rpm -K "${CORRETO_TEMP}/${rpm}" | grep -F "${rpm}: digests signatures OK" || exit 1; \
       done
