# syntax=docker/dockerfile:1
# Build with: docker build -t chainrule .
# Run with:   docker run -p 8080:8080 -v chainrule-data:/data chainrule

FROM swift:6.3-bookworm AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
      libopenblas-dev libmicrohttpd-dev libsqlite3-dev libarchive-dev libpng-dev libturbojpeg0-dev libwebp-dev liblz4-dev libgnutls28-dev \
      libzstd-dev zlib1g-dev libcurl4-gnutls-dev libcairo2-dev libprotobuf-c-dev pkg-config \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY Package.swift ./
COPY Sources ./Sources
COPY Tests ./Tests
COPY migrations ./migrations
COPY web ./web
COPY examples/data ./examples/data
RUN swift build -c release --product chainrule --static-swift-stdlib \
 && install -D .build/release/chainrule /out/chainrule

FROM python:3.13-slim-bookworm AS plots
COPY web/plotly.txt ./
RUN pip download --no-deps --require-hashes -r plotly.txt -d /wheel \
 && python -m zipfile -e /wheel/plotly-*.whl /wheel \
 && echo "$(sed -n 's/^# plotly.min.js sha256://p' plotly.txt)  /wheel/plotly/package_data/plotly.min.js" | sha256sum --check

FROM debian:12-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
      libopenblas0-pthread libmicrohttpd12 libsqlite3-0 libarchive13 libpng16-16 libturbojpeg0 libwebp7 liblz4-1 libgnutls30 \
      libzstd1 zlib1g libcurl3-gnutls libcairo2 libprotobuf-c1 fonts-dejavu-core curl ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin chainrule \
 && install -d -o chainrule -g chainrule -m 0700 /data
COPY --from=build /out/chainrule /usr/local/bin/chainrule
COPY --from=plots /wheel/plotly/package_data/plotly.min.js /usr/local/share/chainrule/plotly.min.js
USER chainrule
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s \
  CMD curl -fsS http://127.0.0.1:8080/healthz || exit 1
STOPSIGNAL SIGTERM
# The container's network is the boundary here; publish the port behind a proxy that adds TLS.
ENTRYPOINT ["chainrule", "serve", "--host", "0.0.0.0", "--behind-proxy", "--data", "/data"]
