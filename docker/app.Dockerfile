# The application: one image for migrate, actions, connector, dispatcher, worker and web.
FROM python:3.11-slim AS build

# A mirror may be named at build time; the hashes in the lock say whether it is honest.
ARG MIRROR
ARG UV_VERSION=0.13.9
RUN pip install --no-cache-dir --disable-pip-version-check ${MIRROR:+-i "$MIRROR"} "uv==${UV_VERSION}"
ENV UV_NO_CACHE=1 VIRTUAL_ENV=/app/.venv

WORKDIR /app
RUN uv venv --python /usr/local/bin/python .venv
COPY requirements.lock ./
RUN uv pip sync --require-hashes --compile-bytecode ${MIRROR:+--default-index "$MIRROR"} requirements.lock
COPY pyproject.toml README.md ./
COPY botbay botbay
COPY workers workers
COPY connector connector
COPY actions actions
COPY web web
RUN uv pip install --no-deps --compile-bytecode ${MIRROR:+--default-index "$MIRROR"} -e .
COPY docker/healthy.py docker/healthy.py
# Whatever the umask was where this was checked out: the processes run as another user.
RUN chmod -R a+rX botbay workers connector actions web docker

FROM python:3.11-slim
RUN useradd --uid 10001 --create-home botbay && install -d -o botbay -g botbay -m 700 /data
COPY --from=build /app /app
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1
WORKDIR /app
USER botbay
