# Built by docker-compose.yml; alone: docker build -t nadi:local .
FROM python:3.11-slim AS build
WORKDIR /build
COPY requirements.lock .
# Wheels only, each checked against its hash: nothing is compiled and nothing unlisted comes in.
RUN python -m venv --without-pip /opt/nadi/venv \
 && pip --python /opt/nadi/venv install --no-cache-dir --no-compile --no-deps --only-binary=:all: --require-hashes -r requirements.lock
COPY . /opt/nadi/app
RUN /opt/nadi/venv/bin/python -m compileall -q /opt/nadi/venv/lib /opt/nadi/app

FROM python:3.11-slim
# An installer has no business in a running service.
RUN pip uninstall --yes pip setuptools wheel \
 && useradd --system --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin nadi \
 && install -d -o nadi -g nadi -m 0700 /var/lib/nadi
COPY --from=build /opt/nadi /opt/nadi
WORKDIR /opt/nadi/app
ENV PATH=/opt/nadi/venv/bin:$PATH PYTHONPATH=/opt/nadi/app PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 HOME=/tmp
USER 10001:10001
VOLUME /var/lib/nadi
EXPOSE 8080 9464
STOPSIGNAL SIGTERM
ENTRYPOINT ["python", "-m", "pipeline"]
CMD ["run", "--config", "/etc/nadi/nadi.yaml"]
