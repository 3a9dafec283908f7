# The image holds the same tree as the Debian package; tools/package/ lays it, with and without Docker, for amd64 and arm64:
#
#   docker build -t millrace --build-arg MILLRACE_COMMIT="$(git rev-parse HEAD)" \
#     --build-arg SOURCE_DATE_EPOCH="$(git log -1 --format=%ct)" .
#   docker buildx build --platform linux/amd64,linux/arm64 …
#
#   docker run -d --name millrace --restart unless-stopped --read-only --tmpfs /tmp \
#     --cap-drop ALL --security-opt no-new-privileges \
#     -v /etc/millrace:/etc/millrace:ro -v millrace-data:/var/lib/millrace millrace

FROM node:24-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
ARG MILLRACE_COMMIT
ARG SOURCE_DATE_EPOCH
RUN npm run package -- tree /opt/millrace

FROM debian:bookworm-slim
# libusb: for USB scanners in HID mode. The numbers of user and group are fixed, so that volumes can be given to them.
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates libstdc++6 libusb-1.0-0 \
  && rm -rf /var/lib/apt/lists/* \
  && groupadd --gid 10001 millrace \
  && useradd --uid 10001 --gid millrace --no-create-home --home-dir /var/lib/millrace --shell /usr/sbin/nologin millrace \
  && install -d -o millrace -g millrace -m 0700 /var/lib/millrace && install -d /etc/millrace
COPY --from=build /opt/millrace /opt/millrace
# Where the log, keys and last good maps are; put a volume here, or they go with the container.
ENV MILLRACE_DATA=/var/lib/millrace
VOLUME /var/lib/millrace
# What the gateway says of files is said from here.
WORKDIR /etc/millrace
# By number: orchestrators that forbid root cannot tell by a name who it is.
USER 10001:10001
# A log of 90 days is opened and proven before the gateway answers; who answers earlier is healthy at once. Degraded (exit 1: central away, a device silent) is no reason to start a gateway again that buffers; only lasting silence is.
HEALTHCHECK --interval=30s --timeout=15s --start-period=15m --retries=5 \
  CMD /opt/millrace/bin/millrace status --config /etc/millrace/gateway.yaml >/dev/null 2>&1; [ $? -le 1 ]
ENTRYPOINT ["/opt/millrace/bin/millrace"]
CMD ["run", "--config", "/etc/millrace/gateway.yaml"]
