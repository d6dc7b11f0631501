/// Names of numbers that everybody in the field knows by heart (IANA's
/// protocol-numbers and service-names registries, the commonest entries).
public enum WellKnown {
    /// A number and its name.
    public typealias Entry = (id: UInt16, name: String)

    /// IP protocols.
    public static let ipProtocols: [Entry] = [
        (0, "HOPOPT"), (1, "ICMP"), (2, "IGMP"), (4, "IPv4"), (6, "TCP"), (8, "EGP"), (17, "UDP"), (27, "RDP"),
        (33, "DCCP"), (41, "IPv6"), (43, "IPv6-Route"), (44, "IPv6-Frag"), (46, "RSVP"), (47, "GRE"), (50, "ESP"),
        (51, "AH"), (58, "IPv6-ICMP"), (59, "IPv6-NoNxt"), (60, "IPv6-Opts"), (88, "EIGRP"), (89, "OSPFIGP"),
        (94, "IPIP"), (103, "PIM"), (112, "VRRP"), (115, "L2TP"), (132, "SCTP"), (136, "UDPLite"),
        (137, "MPLS-in-IP"),
    ]

    /// Ethertypes.
    public static let etherTypes: [Entry] = [
        (0x0800, "IPv4"), (0x0806, "ARP"), (0x8035, "RARP"), (0x8100, "VLAN"), (0x86DD, "IPv6"), (0x8809, "Slow"),
        (0x8847, "MPLS"), (0x8848, "MPLS-multicast"), (0x8863, "PPPoE-Discovery"), (0x8864, "PPPoE"),
        (0x88A8, "QinQ"), (0x88CC, "LLDP"), (0x88F7, "PTP"),
    ]

    /// TCP flag bits (RFC 9293 section 3.1).
    public static let tcpFlags: [Entry] = [
        (1, "FIN"), (2, "SYN"), (4, "RST"), (8, "PSH"), (16, "ACK"), (32, "URG"), (64, "ECE"), (128, "CWR"),
    ]

    /// Ports of TCP and UDP services.
    public static let ports: [Entry] = [
        (20, "ftp-data"), (21, "ftp"), (22, "ssh"), (23, "telnet"), (25, "smtp"), (53, "domain"), (67, "bootps"),
        (68, "bootpc"), (69, "tftp"), (80, "http"), (88, "kerberos"), (110, "pop3"), (123, "ntp"), (137, "netbios-ns"),
        (139, "netbios-ssn"), (143, "imap"), (161, "snmp"), (162, "snmptrap"), (179, "bgp"), (389, "ldap"),
        (443, "https"), (445, "microsoft-ds"), (465, "submissions"), (500, "isakmp"), (514, "syslog"),
        (546, "dhcpv6-client"), (547, "dhcpv6-server"), (554, "rtsp"), (587, "submission"), (636, "ldaps"),
        (853, "domain-s"), (873, "rsync"), (989, "ftps-data"), (990, "ftps"), (993, "imaps"), (995, "pop3s"),
        (1194, "openvpn"), (1433, "ms-sql-s"), (1701, "l2tp"), (1723, "pptp"), (1883, "mqtt"), (1900, "ssdp"),
        (2049, "nfs"), (2055, "netflow"), (3306, "mysql"), (3389, "ms-wbt-server"), (3478, "stun"),
        (4500, "ipsec-nat-t"),
        (4739, "ipfix"), (4789, "vxlan"), (5060, "sip"), (5061, "sips"), (5222, "xmpp-client"), (5353, "mdns"),
        (5432, "postgresql"), (5900, "rfb"), (6081, "geneve"), (6343, "sflow"), (6379, "redis"), (6881, "bittorrent"),
        (8080, "http-alt"), (8443, "pcsync-https"), (9092, "kafka"), (9100, "hp-pdl-datastr"), (9418, "git"),
        (11211, "memcache"), (25565, "minecraft"), (27015, "source-engine"), (27017, "mongodb"), (51820, "wireguard"),
    ]
}
