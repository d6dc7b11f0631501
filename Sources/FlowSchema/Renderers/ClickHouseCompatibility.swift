/// NetMeta's dictionaries and SQL functions, so that a query written for one
/// of its dashboards runs here unchanged, and the dictionaries that
/// ``Derivation`` looks things up in.
extension ClickHouse {
    /// The statements that make them; they may be run again at each start.
    public static var compatibilityStatements: [String] {
        lookups.flatMap(\.statements) + wellKnown + functions + [incoming]
    }

    /// Tables that configuration fills, with the dictionary that reads each.
    private static let lookups: [Lookup] = [
        Lookup(
            "SamplerConfig",
            key: ["Device String"],
            values: [
                "SamplingRate Nullable(UInt64)", "Description Nullable(String)", "AnonymizeAddresses Bool",
            ]
        ),
        Lookup("InterfaceNames", key: ["Device String", "`Index` UInt32"], values: ["Description String"]),
        Lookup("VlanNames", key: ["Device String", "`Index` UInt32"], values: ["Description String"]),
        Lookup("VrfNames", key: ["Device String", "Id UInt32"], values: ["Description String"]),
        Lookup("HostNames", key: ["Sampler String", "Device String"], values: ["Description String"]),
        Lookup("ResolvedNames", key: ["Device IPv6"], values: ["Name String"], lifetime: 0),
        Lookup("user_autnums", key: ["asnum UInt64"], values: ["name String", "country String"], layout: "HASHED()"),
        Lookup("autnums", key: ["asnum UInt64"], values: ["name String", "country String"], layout: "HASHED()"),
        Lookup(
            "risinfo",
            key: ["prefix String"],
            values: ["asnum UInt32 DEFAULT 0"],
            layout: "IP_TRIE(ACCESS_TO_KEY_FROM_ATTRIBUTES 1)",
            lifetime: 0
        ),
        Lookup(
            "ExporterClasses",
            key: ["prefix String"],
            values: ["`Group` String", "Role String", "Site String", "Region String", "Tenant String"],
            layout: "IP_TRIE()",
            lifetime: 0
        ),
        Lookup(
            "InterfaceClasses",
            key: ["Device IPv6", "`Index` UInt32"],
            values: ["Boundary String DEFAULT 'undefined'", "Provider String", "Connectivity String"],
            lifetime: 0
        ),
        Lookup(
            "NetworkClasses",
            key: ["prefix String"],
            values: ["Name String", "Role String", "Site String", "Region String", "Tenant String"],
            layout: "IP_TRIE()",
            lifetime: 0
        ),
        Lookup(
            "Cities",
            key: ["id UInt64"],
            values: ["Name String", "Country String"],
            layout: "HASHED()",
            lifetime: 0
        ),
    ]

    /// The engine looks up its default of `localhost` in the DNS, where a machine without any other address than loopback's
    /// gets no answer.
    private static let thisServer = "HOST '127.0.0.1'"

    /// A table and the dictionary that reads it. The dictionary holds no rows, and is made anew at each start.
    private struct Lookup {
        var name: String
        var key: [String]
        var values: [String]
        var layout: String
        /// Seconds after which the table is read anew; 0: when whoever fills it says so.
        var lifetime: Int

        init(
            _ name: String,
            key: [String],
            values: [String],
            layout: String = "COMPLEX_KEY_HASHED()",
            lifetime: Int = 60
        ) {
            self.name = name
            self.key = key
            self.values = values
            self.layout = layout
            self.lifetime = lifetime
        }

        /// The keys' names without their types.
        private var keyNames: String {
            key.map { $0.split(separator: " ")[0] }.joined(separator: ", ")
        }

        var statements: [String] {
            let columns = (key + values).joined(separator: ", ")
            return [
                """
                CREATE TABLE IF NOT EXISTS \(database).\(name)_source (\(columns)) \
                ENGINE = ReplacingMergeTree ORDER BY (\(keyNames))
                """,
                """
                CREATE OR REPLACE DICTIONARY \(database).\(name) (\(columns)) PRIMARY KEY \(keyNames) \
                SOURCE(CLICKHOUSE(\(ClickHouse.thisServer) DB '\(database)' TABLE '\(name)_source')) LIFETIME(\(lifetime)) LAYOUT(\(layout))
                """,
            ]
        }
    }

    /// IPProtocols, EtherTypes and TCPFlags: constants, so the dictionaries read a query.
    private static var wellKnown: [String] {
        [
            ("IPProtocols", WellKnown.ipProtocols),
            ("EtherTypes", WellKnown.etherTypes),
            ("TCPFlags", WellKnown.tcpFlags),
        ].map { name, entries in
            let ids = entries.map { String($0.id) }.joined(separator: ", ")
            let names = entries.map { "\\'\($0.name)\\'" }.joined(separator: ", ")
            return """
                CREATE OR REPLACE DICTIONARY \(database).\(name) (id UInt64, Name String) PRIMARY KEY id \
                SOURCE(CLICKHOUSE(\(thisServer) QUERY 'SELECT arrayJoin(arrayZip([\(ids)], [\(names)])) AS e, \
                toUInt64(e.1) AS id, e.2 AS Name' )) LIFETIME(0) LAYOUT(HASHED())
                """
        }
    }

    /// Functions are made anew at each start: they are code, not data.
    private static let functions = [
        "IPv6ToString AS (Address) -> if(startsWith(IPv6NumToString(Address), '::ffff:'), "
            + "substring(IPv6NumToString(Address), 8), IPv6NumToString(Address))",
        "toIPv6Net AS (Net) -> if(position(Net, ':') > 0, Net, concat('::ffff:', splitByChar('/', Net)[1], '/', "
            + "toString(toUInt8(splitByChar('/', Net)[2]) + 96)))",
        "SamplerToString AS (Sampler) -> coalesce("
            + "dictGetOrNull('netmeta.SamplerConfig', 'Description', tuple(IPv6NumToString(Sampler))), "
            + "IPv6ToString(Sampler))",
        "HostToString AS (Sampler, Host) -> if(dictHas('netmeta.HostNames', tuple(IPv6NumToString(Sampler), "
            + "IPv6NumToString(Host))), dictGetString('netmeta.HostNames', 'Description', "
            + "tuple(IPv6NumToString(Sampler), IPv6NumToString(Host))), coalesce(nullIf(dictGetOrDefault("
            + "'netmeta.ResolvedNames', 'Name', tuple(toIPv6(IPv6NumToString(Host))), ''), ''), "
            + "IPv6ToString(Host)))",
        "ASNToString AS (ASN) -> concat(substring(coalesce(nullIf(dictGetOrDefault('netmeta.user_autnums', 'name', "
            + "toUInt64(ASN), ''), ''), dictGetOrDefault('netmeta.autnums', 'name', toUInt64(ASN), '')), 1, 25), "
            + "' AS', toString(ASN))",
        "VLANToString AS (Sampler, VLAN) -> if(dictHas('netmeta.VlanNames', tuple(IPv6NumToString(Sampler), "
            + "toUInt32(VLAN))), concat(toString(VLAN), ' [', dictGetString('netmeta.VlanNames', 'Description', "
            + "tuple(IPv6NumToString(Sampler), toUInt32(VLAN))), ']'), toString(VLAN))",
        "VRFToString AS (Sampler, VRF) -> if(dictHas('netmeta.VrfNames', tuple(IPv6NumToString(Sampler), "
            + "toUInt32(VRF))), concat(toString(VRF), ' [', dictGetString('netmeta.VrfNames', 'Description', "
            + "tuple(IPv6NumToString(Sampler), toUInt32(VRF))), ']'), toString(VRF))",
        "InterfaceToString AS (Sampler, Interface) -> concat(SamplerToString(Sampler), ' - ', toString(Interface), "
            + "if(dictHas('netmeta.InterfaceNames', tuple(IPv6NumToString(Sampler), toUInt32(Interface))), "
            + "concat(' [', dictGetString('netmeta.InterfaceNames', 'Description', tuple(IPv6NumToString(Sampler), "
            + "toUInt32(Interface))), ']'), ''))",
    ].map { "CREATE OR REPLACE FUNCTION \($0)" }

    /// Whoever knows the configuration replaces it; others leave what the folder has.
    private static let incoming =
        "CREATE FUNCTION IF NOT EXISTS isIncomingFlow AS "
        + "(SamplerAddress, SrcAddr, DstAddr, SrcAS, DstAS, FlowDirection) -> coalesce(FlowDirection = 0)"
}
