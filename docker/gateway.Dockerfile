# A Wechaty puppet of your choice behind our own PuppetServer. wechaty-puppet-wechat4u is in the lock; any other one
# is named at build time, with its version: --build-arg PUPPET=wechaty-puppet-padlocal@1.20.1
FROM node:24-slim

# A mirror may be named at build time; the hashes in the lock say whether it is honest.
ARG NPM_CONFIG_REGISTRY
ENV NODE_ENV=production
WORKDIR /app
COPY gateway/package.json gateway/package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund
ARG PUPPET=
RUN if [ -n "$PUPPET" ]; then npm install --no-save --ignore-scripts --no-audit --no-fund "$PUPPET"; fi
COPY gateway/server.mjs ./
RUN chmod a+r package.json server.mjs \
    && useradd --uid 10001 --create-home botbay && install -d -o botbay -g botbay -m 700 /data
USER botbay
