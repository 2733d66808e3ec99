# The dialogue server with its trained model. Python 3.10, since the last Rasa Open Source runs on nothing newer.
FROM python:3.10-slim AS build

# A mirror may be named at build time; the hashes in the lock say whether it is honest.
ARG MIRROR
ARG UV_VERSION=0.13.9
RUN pip install --no-cache-dir --disable-pip-version-check ${MIRROR:+-i "$MIRROR"} "uv==${UV_VERSION}"
ENV UV_NO_CACHE=1 VIRTUAL_ENV=/app/rasa_project/.venv PATH=/app/rasa_project/.venv/bin:$PATH

WORKDIR /app/rasa_project
RUN uv venv --python /usr/local/bin/python .venv
COPY rasa_project/requirements.lock ./
RUN uv pip sync --require-hashes --compile-bytecode ${MIRROR:+--default-index "$MIRROR"} requirements.lock
COPY rasa_project ./
COPY connector/__init__.py connector/rasa_channel.py /app/connector/
COPY docker/healthy.py /app/docker/healthy.py
ENV RASA_TELEMETRY_ENABLED=false TF_CPP_MIN_LOG_LEVEL=3 SQLALCHEMY_SILENCE_UBER_WARNING=1 PYTHONWARNINGS=ignore \
    PYTHONPATH=/app:/app/rasa_project
RUN python -m rasa train --config config.yml --domain domain --data data --out models --fixed-model-name botbay \
    && rm -rf .rasa
# Whatever the umask was where this was checked out: the server runs as another user.
RUN find /app -name .venv -prune -o -exec chmod a+rX {} +

FROM python:3.10-slim
RUN useradd --uid 10001 --create-home botbay
COPY --from=build /app /app
ENV PATH=/app/rasa_project/.venv/bin:$PATH PYTHONUNBUFFERED=1
WORKDIR /app/rasa_project
USER botbay
