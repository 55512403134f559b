FROM debian
RUN curl -fsSL https://download.docker.com/linux/$(lsb_release -is | tr '[:upper:]' '[:lower:]')/gpg \
    | (OUT=$(apt-key add - 2>&1) || echo $OUT)
