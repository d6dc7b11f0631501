import FlowDecoders
import NetTypes
import Pipeline

// The sources of this host: how they are written in the configuration, and what they bring with them.

/// A kind of source, as `serve --source` names it.
enum SourceKind: String, CaseIterable, Sendable {
    case conntrack, nflog, mirror
}

extension Configuration.Sources {
    /// Whether anything of this host is read.
    var hasHost: Bool { !conntrack.isEmpty || !nflog.isEmpty || !mirror.isEmpty }

    /// Adds a kind with its defaults, unless the configuration has some of it.
    mutating func add(_ kind: SourceKind) {
        switch kind {
        case .conntrack: if conntrack.isEmpty { conntrack["host"] = ConntrackOptions() }
        case .nflog: if nflog.isEmpty { nflog["host"] = NFLogOptions() }
        case .mirror: if mirror.isEmpty { mirror["host"] = MirrorOptions() }
        }
    }

    /// The options with the names that stand in front of them.
    var conntrackOptions: [ConntrackOptions] { Self.named(conntrack, \.place.name) }
    var nflogOptions: [NFLogOptions] { Self.named(nflog, \.place.name) }
    var mirrorOptions: [MirrorOptions] { Self.named(mirror, \.place.name) }

    private static func named<Options>(
        _ options: [String: Options],
        _ name: WritableKeyPath<Options, String>
    ) -> [Options] {
        options.sorted { $0.key < $1.key }.map { key, value in
            var value = value
            value[keyPath: name] = key
            return value
        }
    }
}

// MARK: - Keys

extension ConfigurationKey {
    /// The keys of this host's sources, in the section `sources`.
    static let ofHost: [ConfigurationKey] = [
        ConfigurationKey(
            "sources",
            "conntrack",
            \.sources.conntrack,
            .map(
                "a map such as {host: {interval: 60}}",
                names: .sourceName,
                values: .settings(ConntrackOptions.settings, default: ConntrackOptions())
            ),
            """
            Connection tracking of this host, or of network namespaces, by a name of your choice: two rows for each \
            connection. See Docs/host-sources.md.
            """
        ),
        ConfigurationKey(
            "sources",
            "nflog",
            \.sources.nflog,
            .map(
                "a map such as {host: {groups: {5: {samplingRate: 100}}}}",
                names: .sourceName,
                values: .settings(NFLogOptions.settings, default: NFLogOptions())
            ),
            "Packets that rules of the firewall log to groups (NFLOG), by a name of your choice. See Docs/host-sources.md."
        ),
        ConfigurationKey(
            "sources",
            "mirror",
            \.sources.mirror,
            .map(
                "a map such as {host: {taps: \"eth0,tap_rx:tap_tx\", samplingRate: 1000}}",
                names: .sourceName,
                values: .settings(MirrorOptions.settings, default: MirrorOptions())
            ),
            "Frames that are captured on interfaces, by a name of your choice. See Docs/host-sources.md."
        ),
    ]
}

extension ConntrackOptions {
    fileprivate static let settings: [Setting<ConntrackOptions>] = [
        .namespace(\.place.namespace),
        .sampler(\.place.sampler),
        Setting(
            "interval",
            \.interval,
            .listingInterval,
            "The time between two listings of the connections, which tell the traffic of those that go on."
        ),
        Setting(
            "view",
            \.view,
            .choice,
            """
            Which addresses rows of translated connections have: those before NAT, with the others in SrcAddrNAT and \
            so on, or those on the wire where each direction's packets come from.
            """
        ),
        Setting(
            "processes",
            \.tellsProcesses,
            .truth,
            """
            Whether rows tell, in the column Strings, name and number of the process on this host that the connection \
            belongs to, where that can be found; processes of other users take root.
            """
        ),
        .buffer(\.buffer),
    ]
}

extension NFLogOptions {
    fileprivate static let settings: [Setting<NFLogOptions>] = [
        .namespace(\.place.namespace),
        .sampler(\.place.sampler),
        Setting(
            "groups",
            \.groups,
            .map(
                "a map such as {5: {samplingRate: 100, direction: in}}",
                names: .nflogGroup,
                values: .settings(NFLogDecoder.Group.settings, default: NFLogDecoder.Group())
            ),
            "The groups that rules log to. What a group's settings say counts before what the rules' prefixes do."
        ),
        Setting(
            "outside",
            \.outside,
            .list(
                "an interface such as eth0, or a list of them",
                parse: { $0.isEmpty ? nil : $0 },
                text: { yamlText($0) }
            ),
            "Interfaces that lead out of the network: they tell the direction of forwarded packets."
        ),
        Setting(
            "snap",
            \.snap,
            .whole("a number of bytes such as 128", in: 64...65_535),
            "Bytes of each packet that are asked for."
        ),
        .buffer(\.buffer),
    ]
}

extension NFLogDecoder.Group {
    fileprivate static let settings: [Setting<NFLogDecoder.Group>] = [
        Setting(
            "samplingRate",
            \.rate,
            .optionalRate,
            "One of so many packets is logged; auto is what the prefix says."
        ),
        Setting(
            "direction",
            \.direction,
            .optionalDirection,
            "Where the packets go; auto is what prefix and hook say."
        ),
    ]
}

extension MirrorOptions {
    fileprivate static let settings: [Setting<MirrorOptions>] = [
        .namespace(\.place.namespace),
        .sampler(\.place.sampler),
        Setting(
            "taps",
            \.taps,
            .taps,
            """
            Interfaces, and pairs of them as NetMeta writes those: with what comes in, and with what goes out. With none \
            the interfaces of default routes are taken.
            """
        ),
        Setting(
            "samplingRate",
            \.rate,
            .whole("a rate such as 1000", in: 1...16_777_216),
            "One of so many frames is captured."
        ),
        Setting(
            "aggregate",
            \.gathersFlows,
            .truth,
            """
            Whether frames are gathered into flows, as a probe does, and a row is a flow; for captures of all frames, \
            where a row a frame would be too many.
            """
        ),
        Setting(
            "activeTimeout",
            \.flows.active,
            .flowTimeout(upTo: 3600),
            "With aggregate: the time after which a flow that goes on is told, and begins anew."
        ),
        Setting(
            "inactiveTimeout",
            \.flows.inactive,
            .flowTimeout(upTo: 600),
            "With aggregate: the time without a frame after which a flow is over."
        ),
        Setting(
            "flows",
            \.flows.entries,
            .integer("a number of flows such as 65536", in: 1024...4_194_304),
            """
            With aggregate: flows that each thread holds at most, some 300 bytes each. When there are more, those that \
            had no frame for the longest are told early, and counted (early_flows).
            """
        ),
        Setting(
            "workers",
            \.workers,
            .integer("a number of threads such as 2", in: 1...16),
            "Threads that share the frames of each interface."
        ),
        .buffer(\.buffer),
    ]
}

// MARK: - Formats

extension Setting {
    fileprivate static func namespace(_ property: any WritableKeyPath<Root, String?> & Sendable) -> Setting {
        Setting(
            "namespace",
            property,
            .optionalText("a network namespace such as blue or /proc/17/ns/net, or auto"),
            "The network namespace that it is in, by name or path; auto is the program's own."
        )
    }

    fileprivate static func sampler(_ property: any WritableKeyPath<Root, IPAddress> & Sendable) -> Setting {
        Setting("sampler", property, .address, "The address that its rows name as the sampler.")
    }

    fileprivate static func buffer(_ property: any WritableKeyPath<Root, Int> & Sendable) -> Setting {
        Setting(
            "buffer",
            property,
            .size(in: 65_536...1_073_741_824),
            "What the kernel holds while the program is busy; of captures, for each interface and thread."
        )
    }
}

extension ValueFormat<String> {
    /// A name that stands in metrics and messages.
    fileprivate static var sourceName: Self {
        .single(
            "a name such as host, of letters, digits, - and _",
            parse: { text in
                let isFine =
                    text.utf8.count <= 32 && !text.isEmpty
                    && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
                return isFine ? text : nil
            },
            text: { yamlText($0) }
        )
    }
}

extension ValueFormat<UInt16> {
    fileprivate static var nflogGroup: Self {
        .single("a group from 0 to 65535", parse: { UInt16($0) }, text: { String($0) })
    }
}

extension ValueFormat<UInt32> {
    fileprivate static func whole(_ expected: String, in range: ClosedRange<UInt32>) -> Self {
        .single(
            "\(expected), from \(range.lowerBound) to \(range.upperBound)",
            parse: { text in UInt32(text).flatMap { range.contains($0) ? $0 : nil } },
            text: { String($0) }
        )
    }

    fileprivate static var listingInterval: Self {
        someSeconds(upTo: 3600, otherwise: "connections are listed once a second at most")
    }

    fileprivate static func flowTimeout(upTo most: Int) -> Self {
        someSeconds(upTo: most, otherwise: "a flow lasts for a second at least")
    }

    /// At least one second.
    private static func someSeconds(upTo most: Int, otherwise problem: String) -> Self {
        let seconds = wholeSeconds(upTo: most)
        return ValueFormat(
            expected: seconds.expected,
            parse: { raw throws(ValueProblem) in
                let value = try seconds.parse(raw)
                guard value >= 1 else { throw ValueProblem(problem) }
                return value
            },
            text: seconds.text
        )
    }
}

extension ValueFormat<UInt32?> {
    fileprivate static var optionalRate: Self {
        .single(
            "a rate such as 100, or auto",
            parse: { text in text == "auto" ? .some(nil) : UInt32(text).flatMap { $0 > 0 ? .some($0) : nil } },
            text: { $0.map { String($0) } ?? "auto" }
        )
    }
}

extension ValueFormat<UInt8?> {
    fileprivate static var optionalDirection: Self {
        .single(
            "in, out or auto",
            parse: { text in
                switch text {
                case "in": .some(0)
                case "out": .some(1)
                case "auto": .some(nil)
                default: nil
                }
            },
            text: { $0.map { $0 == 0 ? "in" : "out" } ?? "auto" }
        )
    }
}

extension ValueFormat<[MirrorOptions.Tap]> {
    /// NetMeta's grammar: `tap_rx:tap_tx,tap2_rx:tap2_tx`, in which an interface may stand alone; or a list.
    fileprivate static var taps: Self {
        let expected = "interfaces such as eth0 and pairs such as tap_rx:tap_tx, with commas between them or in a list"
        return ValueFormat(
            expected: expected,
            shape: .list,
            parse: { raw throws(ValueProblem) in
                let texts: [String]
                switch raw {
                case .text(let text): texts = [text]
                case .list(let list): texts = list
                case .map, .items, .nothing: throw ValueProblem("expected \(expected), found \(raw.kind)")
                }
                var taps: [MirrorOptions.Tap] = []
                for text in texts.flatMap({ $0.split(separator: ",") }) {
                    taps.append(try Self.tap(String(text)))
                }
                return taps
            },
            text: { taps in
                let texts = taps.map { tap in yamlText(tap.transmit.map { "\(tap.receive):\($0)" } ?? tap.receive) }
                return "[" + texts.joined(separator: ", ") + "]"
            }
        )
    }

    private static func tap(_ text: String) throws(ValueProblem) -> MirrorOptions.Tap {
        let names = text.split(separator: ":", omittingEmptySubsequences: false).map {
            String($0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
        guard (1...2).contains(names.count), names.allSatisfy({ (1...15).contains($0.utf8.count) }) else {
            throw ValueProblem("'\(text)' is neither an interface nor a pair such as tap_rx:tap_tx")
        }
        return MirrorOptions.Tap(receive: names[0], transmit: names.count == 2 ? names[1] : nil)
    }
}
