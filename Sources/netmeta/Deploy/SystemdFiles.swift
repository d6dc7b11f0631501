/// The unit, its user and the kernel's settings.
struct SystemdFiles {
    /// Where the program is.
    var binary: String
    /// Whether the host itself is a source: raw sockets and netlink need capabilities.
    var hostSources: Bool

    var files: [DeployFile] {
        [
            DeployFile(path: "etc/systemd/system/netmeta.service", text: unit),
            DeployFile(path: "usr/lib/sysusers.d/netmeta.conf", text: Self.user),
            DeployFile(path: "etc/sysctl.d/60-netmeta.conf", text: Self.kernel),
        ]
    }

    private var capabilities: String { hostSources ? "CAP_NET_ADMIN CAP_NET_RAW" : "" }
    private var families: String {
        "AF_UNIX AF_INET AF_INET6 AF_NETLINK" + (hostSources ? " AF_PACKET" : "")
    }

    private var unit: String {
        """
        [Unit]
        Description=NetMeta, flows of the network
        After=network-online.target
        Wants=network-online.target

        [Service]
        Type=exec
        ExecStart=\(binary) serve --config /etc/netmeta/netmeta.yaml --data /var/lib/netmeta
        ExecReload=/bin/kill -HUP $MAINPID
        Restart=on-failure
        RestartSec=2
        # What was received is stored before it ends.
        TimeoutStopSec=90
        User=netmeta
        Group=netmeta
        StateDirectory=netmeta
        StateDirectoryMode=0750
        ConfigurationDirectory=netmeta
        UMask=0077
        LimitNOFILE=65536

        # The network needs no rights beyond ports above 1023\(hostSources ? ", raw sockets and netlink" : "").
        AmbientCapabilities=\(capabilities)
        CapabilityBoundingSet=\(capabilities)
        NoNewPrivileges=yes
        RestrictAddressFamilies=\(families)
        SystemCallArchitectures=native
        SystemCallFilter=@system-service
        SystemCallFilter=~@privileged @resources
        SystemCallErrorNumber=EPERM

        ProtectSystem=strict
        ProtectHome=yes
        PrivateTmp=yes
        PrivateDevices=yes
        ProtectClock=yes
        ProtectControlGroups=yes
        ProtectHostname=yes
        ProtectKernelLogs=yes
        ProtectKernelModules=yes
        ProtectKernelTunables=yes
        ProtectProc=invisible
        RestrictNamespaces=yes
        RestrictRealtime=yes
        RestrictSUIDSGID=yes
        RemoveIPC=yes
        LockPersonality=yes
        # The engine compiles expressions while it runs: MemoryDenyWriteExecute= would end it.

        [Install]
        WantedBy=multi-user.target

        """
    }

    private static let user = """
        u netmeta - "NetMeta" /var/lib/netmeta

        """

    private static let kernel = """
        # Buffers of the flow listeners: at 16 MB or less a burst of a second is lost.
        net.core.rmem_max = 67108864
        net.core.netdev_max_backlog = 10000

        """
}
