# The system under test: the migrator and PyYAML, nothing of the harness.
#
# `docker build .` takes PyYAML from the package index. `harness image` puts a wheel into `wheelhouse/`, and the
# build then runs without a network. No step needs BuildKit.
ARG BASE_IMAGE=python:3.12-slim
FROM ${BASE_IMAGE}

ENV PYTHONPATH=/opt/migrator PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1

# A pattern may match nothing, but a COPY must match something: hence the small file before it.
COPY migrator/py.typed wheelhouse* /tmp/wheelhouse/
# A wheel of pure Python is an archive that only needs unpacking, so the base may be without pip.
RUN set -e; \
    set -- /tmp/wheelhouse/*.whl; \
    if [ -e "$1" ]; then python3 -m zipfile -e "$1" /opt/migrator; \
    else python3 -m pip install --no-cache-dir --no-compile --disable-pip-version-check \
        --root-user-action=ignore --target /opt/migrator "pyyaml>=6.0.2,<7"; \
    fi; \
    stdlib=$(python3 -c "import os; print(os.path.dirname(os.__file__))"); \
    python3 -m compileall -q -j 0 --invalidation-mode unchecked-hash \
        -x "/(test|tests|site-packages|dist-packages|idlelib|lib2to3|ensurepip|turtledemo|config-.*)/" \
        "$stdlib" /opt/migrator

# Bytecode that is never checked against its source: a read-only root could not be brought up to date anyway.
COPY migrator /opt/migrator/migrator
RUN python3 -m compileall -q --invalidation-mode unchecked-hash /opt/migrator/migrator

USER 1000:1000
CMD ["python3", "-m", "migrator", "--help"]
