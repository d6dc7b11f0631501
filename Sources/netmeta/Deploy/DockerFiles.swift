/// A Containerfile and a compose file, to be written into a checkout.
enum DockerFiles {
    static let files = [
        DeployFile(path: "Containerfile", text: container),
        DeployFile(path: "compose.yaml", text: compose),
        DeployFile(path: ".containerignore", text: ".build*\n.git\ndata\nWeb/vendor\n"),
    ]

    private static let container = """
        FROM docker.io/library/swift:6.3-bookworm AS build
        WORKDIR /src
        COPY . .
        RUN Scripts/setup.sh run && Scripts/web-vendor.sh && swift build -c release --product netmeta --static-swift-stdlib
        RUN install -D .build/release/netmeta /out/usr/local/bin/netmeta \\
         && mkdir -p /out/usr/local/share/netmeta /out/usr/local/lib/netmeta \\
         && cp -r Web /out/usr/local/share/netmeta/web && cp -r Docs /out/usr/local/share/netmeta/docs \\
         && cp "$HOME"/.cache/netmeta/chdb-*/libchdb.so /out/usr/local/lib/netmeta/ \\
         && cp -r "$HOME"/.cache/netmeta/chdb_core.libs /out/usr/local/lib/

        FROM docker.io/library/debian:bookworm-slim
        RUN apt-get update \\
         && apt-get install -y --no-install-recommends ca-certificates libpython3.11 libcrypt1 libbz2-1.0 zlib1g libsnmp40 \\
         && rm -rf /var/lib/apt/lists/* \\
         && useradd --system --uid 10001 --home-dir /var/lib/netmeta --create-home netmeta
        COPY --from=build /out /
        USER 10001
        VOLUME /var/lib/netmeta
        EXPOSE 2055/udp 4739/udp 4739/tcp 6343/udp 8080/tcp 8123/tcp
        ENTRYPOINT ["/usr/local/bin/netmeta"]
        CMD ["serve", "--data", "/var/lib/netmeta"]

        """

    private static let compose = """
        services:
          netmeta:
            build:
              context: .
              dockerfile: Containerfile
            # Exporters are told apart by their address, which a port map would hide; the console stays on loopback.
            network_mode: host
            read_only: true
            tmpfs: [/tmp]
            cap_drop: [ALL]
            security_opt: ["no-new-privileges:true"]
            stop_grace_period: 90s
            restart: unless-stopped
            volumes:
              - netmeta:/var/lib/netmeta
            healthcheck:
              test: ["CMD", "/usr/local/bin/netmeta", "query", "--data", "/var/lib/netmeta", "SELECT 1"]
              interval: 30s
              timeout: 10s
        volumes:
          netmeta:

        """
}
