# One image for the web server, the consumer and every command: `docker build -t switch .`
ARG PYTHON=3.11-slim-bookworm

FROM python:${PYTHON} AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/switch/.venv
COPY requirements.txt /tmp/requirements.txt
RUN /opt/switch/.venv/bin/pip install --requirement /tmp/requirements.txt

FROM python:${PYTHON}
RUN groupadd --system --gid 10001 switch \
    && useradd --system --uid 10001 --gid switch --home-dir /var/lib/switch --create-home switch
COPY --from=packages /opt/switch/.venv /opt/switch/.venv
WORKDIR /opt/switch
COPY manage.py ./
COPY subscribers subscribers
COPY dispatch dispatch
COPY switchsite switchsite
# A tree that was checked out under a strict umask is root's alone, as it is copied.
RUN chmod -R a+rX manage.py subscribers dispatch switchsite \
    && .venv/bin/python -m compileall -q manage.py subscribers dispatch switchsite
ENV PATH=/opt/switch/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    SWITCH_SERVER_HOST=0.0.0.0 \
    SWITCH_DB_NAME=/var/lib/switch/switch.sqlite3
USER 10001:10001
VOLUME /var/lib/switch
EXPOSE 8000
# Whether the web server answers. A container that runs a consumer has no port: `manage.py consumer_alive` tells.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ.get(\"SWITCH_SERVER_PORT\", \"8000\")}/healthz', timeout=2)"]
CMD ["python", "manage.py", "serve"]
