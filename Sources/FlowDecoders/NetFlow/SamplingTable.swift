import FlowSchema

/// The sampling rates that one observation domain of an exporter announced in options data.
///
/// Rates arrive for a sampler, for an interface or for the whole domain. What
/// arrives applies to records after it; nothing is rewritten later.
struct SamplingTable {
    private(set) var byInterface: [UInt32: UInt32] = [:]
    private var bySampler: [UInt64: UInt32] = [:]
    private var ofDomain: UInt32?

    /// Samplers and interfaces kept per domain; further ones are not, and the exporter is told of in counters.
    static let mostEntries = 4096

    /// What a rate was announced for.
    enum Subject: Hashable, Sendable {
        case sampler(UInt64)
        case interface(UInt32)
        case domain
    }

    /// Takes in a rate.
    mutating func learn(_ rate: UInt32, for subject: Subject) {
        switch subject {
        case .sampler(let id):
            if bySampler.count < Self.mostEntries || bySampler[id] != nil { bySampler[id] = rate }
        case .interface(let index):
            if byInterface.count < Self.mostEntries || byInterface[index] != nil { byInterface[index] = rate }
        case .domain:
            ofDomain = rate
        }
    }

    /// How many rates there are.
    var count: Int { bySampler.count + byInterface.count + (ofDomain == nil ? 0 : 1) }

    /// Every rate with its subject.
    var all: [(subject: Subject, rate: UInt32)] {
        bySampler.map { (.sampler($0.key), $0.value) } + byInterface.map { (.interface($0.key), $0.value) }
            + (ofDomain.map { [(.domain, $0)] } ?? [])
    }

    /// The rate of records that name a sampler.
    func rate(sampler: UInt64) -> UInt32? {
        bySampler[sampler]
    }

    /// The rate of records that name none: the domain's own, else that of
    /// its samplers when they all agree.
    var common: UInt32? {
        if let ofDomain { return ofDomain }
        guard let first = bySampler.first?.value, bySampler.allSatisfy({ $0.value == first }) else { return nil }
        return first
    }

    /// Whether nobody told anything.
    var isEmpty: Bool { ofDomain == nil && bySampler.isEmpty && byInterface.isEmpty }

    /// Whether the rate depends on the ingress interface of each record.
    var isPerInterface: Bool { !byInterface.isEmpty }
}

/// A sampling rate and who told it.
struct SamplingRate: Equatable, Sendable {
    var rate: UInt32
    var source: SamplingSource

    /// Nobody told: one in one, marked.
    static let unknown = SamplingRate(rate: 1, source: .unknown)

    /// A rate that `source` told; 0 counts as not told.
    init?(_ rate: UInt64, source: SamplingSource) {
        guard rate > 0 else { return nil }
        self.rate = UInt32(clamping: rate)
        self.source = source
    }

    private init(rate: UInt32, source: SamplingSource) {
        self.rate = rate
        self.source = source
    }
}
