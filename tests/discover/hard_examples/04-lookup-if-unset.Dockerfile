FROM alpine
ARG SONARR_VERSION
ENV SONARR_BRANCH="main"
RUN if [ -z ${SONARR_VERSION+x} ]; then \
      SONARR_VERSION=$(curl -sX GET http://services.sonarr.tv/v1/releases | jq -r "first(.[]) | .version"); \
    fi && \
    curl -o /tmp/sonarr.tar.gz -L \
      "https://services.sonarr.tv/v1/update/${SONARR_BRANCH}/download?version=${SONARR_VERSION}&os=linuxmusl"
