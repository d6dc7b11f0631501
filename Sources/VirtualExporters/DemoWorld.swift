import NetTypes

/// Who the demo's provider talks to: invented networks with numbers and
/// addresses that no real one has (AS numbers of RFC 5398, addresses of RFC
/// 2544 and RFC 3849).
struct RemoteNetwork: Sendable {
    /// What kind of traffic it has.
    enum Kind: String, Sendable { case video, content, cloud, resolver, eyeball }

    let number: UInt32
    let name: String
    let kind: Kind
    /// Its part of all flows.
    let weight: Double
    /// Its number among the /20s of 198.18.0.0/16, and among the /48s from 2001:db8:a000::.
    let slot: UInt32

    /// Its prefixes, IPv4 and IPv6.
    var prefixes: [Prefix] { [Prefix(host(0, isV4: true), bits: 96 + 20), Prefix(host(0, isV4: false), bits: 48)] }

    /// One of its hosts.
    func host(_ number: UInt32, isV4: Bool) -> IPAddress {
        isV4
            ? IPAddress(v4: 0xC612_0000 | slot << 12 | number & 0xFFF)
            : IPAddress(high: 0x2001_0DB8_A000_0000 | UInt64(slot) << 16, low: UInt64(number & 0xFFF) + 1)
    }

    static let all: [RemoteNetwork] = [
        .init(number: 64_498, name: "Example Video", kind: .video, weight: 18, slot: 0),
        .init(number: 64_499, name: "Example Streaming", kind: .video, weight: 14, slot: 1),
        .init(number: 64_501, name: "Example CDN", kind: .content, weight: 11, slot: 2),
        .init(number: 64_502, name: "Example Social", kind: .content, weight: 9, slot: 3),
        .init(number: 64_503, name: "Example Edge", kind: .content, weight: 9, slot: 4),
        .init(number: 64_504, name: "Example Cloud", kind: .cloud, weight: 9, slot: 5),
        .init(number: 64_505, name: "Example Delivery", kind: .content, weight: 5, slot: 6),
        .init(number: 64_506, name: "Example Compute", kind: .cloud, weight: 6, slot: 7),
        .init(number: 64_507, name: "Example Devices", kind: .content, weight: 4, slot: 8),
        .init(number: 64_508, name: "Example Live", kind: .video, weight: 3, slot: 9),
        .init(number: 64_509, name: "Example Hosting", kind: .cloud, weight: 3, slot: 10),
        .init(number: 64_510, name: "Example Servers", kind: .cloud, weight: 3, slot: 11),
        .init(number: 65_536, name: "Example Resolver", kind: .resolver, weight: 2, slot: 12),
        .init(number: 65_537, name: "Example Telecom", kind: .eyeball, weight: 2, slot: 13),
        .init(number: 65_538, name: "Example Mobile", kind: .eyeball, weight: 1, slot: 14),
        .init(number: 65_539, name: "Example Cable", kind: .eyeball, weight: 1, slot: 15),
    ]

    /// A network that is only passed through, or the provider itself.
    struct Other: Sendable {
        let number: UInt32
        let name: String

        static let provider = Other(number: DemoTraffic.providerAS, name: "Example Provider")
        static let transit1 = Other(number: 64_496, name: "Example Transit")
        static let transit2 = Other(number: 64_497, name: "Example Carrier")
    }
}

/// An application: its port and how much it moves.
struct DemoApplication: Sendable {
    let ipProtocol: UInt8
    let port: UInt16
    /// Median bytes of a flow from the server.
    let download: Double
    /// Median bytes of a flow to the server.
    let upload: Double
    /// Median duration in milliseconds.
    let duration: Double
    /// Its part of the flows of a network of some kind.
    let weight: @Sendable (RemoteNetwork.Kind) -> Double

    static let all: [DemoApplication] = [
        .init(ipProtocol: 6, port: 443, download: 45_000, upload: 4_000, duration: 4_000) {
            switch $0 {
            case .video: 30
            case .content: 45
            case .cloud: 40
            case .resolver: 8
            case .eyeball: 10
            }
        },
        .init(ipProtocol: 17, port: 443, download: 160_000, upload: 6_000, duration: 9_000) {
            switch $0 {
            case .video: 60
            case .content: 35
            case .cloud: 5
            case .resolver: 2
            case .eyeball: 2
            }
        },
        .init(ipProtocol: 6, port: 80, download: 20_000, upload: 1_500, duration: 1_500) { _ in 6 },
        .init(ipProtocol: 17, port: 53, download: 180, upload: 74, duration: 20) { $0 == .resolver ? 85 : 3 },
        .init(ipProtocol: 17, port: 123, download: 76, upload: 76, duration: 10) { $0 == .cloud ? 3 : 0.5 },
        .init(ipProtocol: 6, port: 993, download: 9_000, upload: 2_500, duration: 3_000) { $0 == .cloud ? 5 : 0.2 },
        .init(ipProtocol: 6, port: 25, download: 2_500, upload: 30_000, duration: 2_000) { $0 == .cloud ? 3 : 0.1 },
        .init(ipProtocol: 6, port: 22, download: 12_000, upload: 8_000, duration: 30_000) { $0 == .cloud ? 4 : 0.1 },
        .init(ipProtocol: 17, port: 51820, download: 60_000, upload: 40_000, duration: 40_000) {
            $0 == .eyeball ? 25 : 0.5
        },
        .init(ipProtocol: 17, port: 6881, download: 70_000, upload: 70_000, duration: 30_000) {
            $0 == .eyeball ? 55 : 0
        },
        .init(ipProtocol: 1, port: 0x0800, download: 168, upload: 168, duration: 2_000) { _ in 1 },
    ]
}

/// How busy the provider's customers are over the day.
enum DayCurve {
    /// By hour of the day, UTC; the mean is one.
    static let hours: [Double] = [
        0.90, 0.66, 0.48, 0.38, 0.33, 0.34, 0.42, 0.58, 0.76, 0.88, 0.96, 1.02,
        1.08, 1.06, 1.06, 1.10, 1.18, 1.32, 1.48, 1.66, 1.78, 1.74, 1.52, 1.31,
    ]

    /// The level at a time in milliseconds since 1970: between the hours on a
    /// straight line, with a ripple of a few per cent by the minute.
    static func level(at time: UInt64, seed: UInt64) -> Double {
        let ofDay = Double(time % 86_400_000) / 3_600_000
        let hour = Int(ofDay) % 24
        let part = ofDay - Double(Int(ofDay))
        let base = hours[hour] * (1 - part) + hours[(hour + 1) % 24] * part
        let ripple = Double(mix(seed ^ time / 20_000) & 0xFF) / 255 - 0.5
        return base * (1 + 0.08 * ripple)
    }
}

/// An amplification attack: answers of open servers that nobody asked for,
/// all to one of the provider's hosts.
struct DemoAttack: Sendable, Equatable {
    /// The port of the abused service: 123 or 53.
    let port: UInt16
    /// Who is attacked, in the hosting range.
    let target: IPAddress
    /// Bytes of an answer.
    let packetSize: UInt64

    static let period: UInt64 = 300_000
    static let first: UInt64 = 60_000
    static let duration: UInt64 = 45_000

    /// The attack that runs `elapsed` milliseconds after the start: the first
    /// after a minute, then one every five.
    static func running(elapsed: UInt64, seed: UInt64) -> DemoAttack? {
        guard elapsed >= first, (elapsed - first) % period < duration else { return nil }
        let number = (elapsed - first) / period
        let isNTP = (number ^ seed) & 1 == 0
        let host = UInt8(10 + mix(seed ^ number) % 40)
        return DemoAttack(port: isNTP ? 123 : 53, target: IPAddress(203, 0, 113, host), packetSize: isNTP ? 468 : 1_428)
    }
}
