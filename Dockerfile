# Every step is a script of package.json, so that an image holds what a checkout would run.

FROM node:24-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY src src
COPY tools tools
RUN npm run build && npm prune --omit=dev --omit=optional

FROM node:24-bookworm-slim
# Where the outbox, keys and last good maps live; put a volume here, or they go with the container.
ENV NODE_ENV=production MILLRACE_DATA=/var/lib/millrace
# For USB scanners in keyboard and HID POS mode.
RUN apt-get update && apt-get install -y --no-install-recommends libusb-1.0-0 && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/millrace
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/dist dist
COPY --from=build /build/package.json package.json
RUN install -d -o node -g node -m 0700 /var/lib/millrace && install -d /etc/millrace
USER node
VOLUME /var/lib/millrace
# Degraded (exit 1: central away, a device silent) is no reason to restart a gateway that buffers; only lasting silence is.
HEALTHCHECK --interval=30s --timeout=15s --start-period=60s --retries=5 \
  CMD node dist/main.js status --config /etc/millrace/gateway.yaml > /dev/null; [ $? -le 1 ]
ENTRYPOINT ["sh", "dist/node.sh", "dist/main.js"]
CMD ["run", "--config", "/etc/millrace/gateway.yaml"]
