FROM ubuntu
RUN echo "**** install build packages ****" && \
    apt-get update && \
    apt-get install -y \
      autoconf \
      curl && \
    echo "**** install rust ****" && \
    RUST_VERSION=$(curl -fsX GET "https://api.github.com/repos/rust-lang/rust/releases/latest" \
      | jq -r '.tag_name') && \
    curl -fo /tmp/rust.tar.gz -L \
      "https://static.rust-lang.org/dist/rust-${RUST_VERSION}-aarch64-unknown-linux-gnu.tar.gz" && \
    tar xf /tmp/rust.tar.gz -C /tmp/rust --strip-components=1
