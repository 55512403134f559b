FROM selenium/node-base
ARG EDGE_DRIVER_VERSION
RUN if [ ! -z "$EDGE_DRIVER_VERSION" ]; then echo "given"; \
  else EDGE_MAJOR_VERSION=$(microsoft-edge --version | sed -E 's/.* ([0-9]+)(\.[0-9]+){3}.*/\1/') \
    && EDGE_DRIVER_VERSION=$(wget -O - \
        "https://msedgedriver.microsoft.com/LATEST_RELEASE_${EDGE_MAJOR_VERSION}_LINUX" | tr -cd '\11\12\15\40-\176' | tr -d '\r'); \
  fi \
  && wget -O /tmp/msedgedriver.zip https://msedgedriver.microsoft.com/$EDGE_DRIVER_VERSION/edgedriver_linux64.zip
