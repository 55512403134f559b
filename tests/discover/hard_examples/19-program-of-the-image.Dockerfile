FROM lmsysorg/sglang
ARG PYTHON_VERSION=3.12
RUN PYVER=$(python${PYTHON_VERSION} -c "import sys; print('.'.join(map(str, sys.version_info[:3])))") && \
    curl -fsSL https://www.python.org/ftp/python/${PYVER}/Python-${PYVER}.tgz -o python.tgz
