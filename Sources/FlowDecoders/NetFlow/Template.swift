import FlowSchema
import Synchronization
import WireFormat

/// A field of a template: which element, how long, whose number.
struct TemplateField: Hashable, Sendable {
    var id: UInt16
    var length: UInt16
    /// 0 for IANA's numbers and all of NetFlow v9.
    var enterprise: UInt32 = 0

    /// The length that means "each record tells" (RFC 7011 section 7).
    static let variableLength: UInt16 = 65_535

    var isVariable: Bool { length == Self.variableLength }
}

/// A template's layout, and the plan that its records are decoded by.
///
/// The plan is compiled once, when the template arrives; data records only run it.
final class Template: Sendable {
    let fields: [TemplateField]
    /// How many of the first fields are scope (options templates); 0 for flow templates.
    let scopeCount: Int
    /// Bytes of a record when no field is variable; the least otherwise.
    let minimumLength: Int
    let isVariable: Bool
    let plan: TemplatePlan
    /// The other direction of a biflow (RFC 5103): the same record with its
    /// ends exchanged and the reverse counters; nil when the template has none.
    let reversePlan: TemplatePlan?
    /// Whether records must be told apart before they become rows: events, or both directions of biflows.
    let hasRunsOfRecords: Bool
    /// What the usual set is decoded by: the plan is large, and handing it on would copy it.
    let plain: PlainPlan
    /// The loops of the plan's steps.
    let loops: [FieldLoop]
    /// The plans at the places of the last record, see ``withPlaced(_:)``.
    private let placed = Mutex<PlacedPlans?>(nil)

    /// - Parameters:
    ///   - scopeCount: 0 makes a flow template.
    ///   - mappings: elements that the configuration gives a meaning.
    init(fields: [TemplateField], scopeCount: Int = 0, mappings: ElementMappings = ElementMappings()) {
        self.fields = fields
        self.scopeCount = scopeCount
        minimumLength = fields.reduce(0) { $0 + ($1.isVariable ? 1 : Int($1.length)) }
        isVariable = fields.contains(where: \.isVariable)
        plan = TemplatePlan(fields: scopeCount == 0 ? fields : [], mappings: mappings)
        let isBiflow = scopeCount == 0 && fields.contains(where: \.isReverse)
        reversePlan = isBiflow ? TemplatePlan(fields: Biflow.reversed(fields), mappings: mappings) : nil
        hasRunsOfRecords = isBiflow || plan.isEvent
        let isPlain = scopeCount == 0 && !isVariable && !hasRunsOfRecords && minimumLength > 0
        plain = PlainPlan(plan, isPlain: isPlain)
        loops = plan.loops
    }

    /// Fields that a template may have: more than any real one, and a bound on what a hostile one costs.
    static let mostFields = 1000

    /// Lends the plans for records of variable length, which are kept from set to set: copies would count the references
    /// in all of their steps.
    func withPlaced(_ body: (inout PlacedPlans) throws(DecodeError) -> Void) throws(DecodeError) {
        var plans = placed.withLock { $0.take() } ?? PlacedPlans(self)
        defer { placed.withLock { $0 = plans } }
        try body(&plans)
    }
}

/// A template's plans for one record whose fields vary in length.
struct PlacedPlans: Sendable {
    /// Where each field's value lies.
    var places: [(offset: Int, length: Int)]
    /// Whether the plans are for these ``places``.
    var areMoved = false
    private(set) var plan: TemplatePlan
    private(set) var reverse: TemplatePlan?

    fileprivate init(_ template: Template) {
        places = Array(repeating: (0, 0), count: template.fields.count)
        plan = template.plan
        reverse = template.reversePlan
    }

    /// Moves the plans to ``places``.
    mutating func move(_ template: Template) {
        guard !areMoved else { return }
        areMoved = true
        plan.place(template.plan, at: places)
        if let reversed = template.reversePlan { reverse?.place(reversed, at: places) }
    }
}

/// What to do with each record of a template, column by column.
struct TemplatePlan: Sendable {
    /// One field's effect on one column.
    struct Step: Sendable {
        var action: ElementAction
        /// Which field of the template.
        var field: Int
        /// Where the field starts when every field before it is of fixed length.
        var offset: Int
        var length: Int
        /// What of ``PlanRunner`` runs it.
        private(set) var loop: FieldLoop

        init(action: ElementAction, field: Int, offset: Int, length: Int) {
            self.action = action
            self.field = field
            self.offset = offset
            self.length = length
            let (kind, column) = FieldLoop.kind(action, length: length)
            // Of a number of which only the low bits count, those that have room in the column.
            let skipped = if case .lowBits = action, kind != .other { max(length - column.storage.width, 0) } else { 0 }
            loop = FieldLoop(kind: kind, column: column, offset: offset + skipped)
        }

        /// Moves to where a field of the same length starts.
        mutating func move(to offset: Int) {
            loop.offset += offset - self.offset
            self.offset = offset
        }
    }

    private(set) var steps: [Step] = []
    /// The loops of ``steps``, one behind the other: copying a whole step for each set would count its references.
    private(set) var loops: [FieldLoop] = []
    private(set) var hasIPv4 = false
    private(set) var hasIPv6 = false
    private(set) var hasEtherType = false
    private(set) var hasIPVersion = false
    private(set) var hasICMP = false
    private(set) var hasStart = false
    private(set) var hasEnd = false
    private(set) var hasSampling = false
    private(set) var hasSamplerAddress = false
    private(set) var hasProto = false
    /// Whether times are dates, which a wrong clock of the exporter falsifies.
    private(set) var hasDates = false
    private(set) var hasPackets = false
    /// What records tell of sampling.
    private(set) var sampling: [Step] = []
    /// Entries of the MPLS label stack, top first.
    private(set) var labels: [Step] = []
    /// Numbers of interfaces, each with the field that has its name.
    private(set) var interfaceNames: [(number: Step, name: Step)] = []
    /// Values for `Strings`.
    private(set) var texts: [Step] = []
    /// The counters that go on counting from record to record.
    private(set) var totals: Set<FlowColumn> = []
    /// The field that tells flows of the same ends apart: when they began, or their id.
    private(set) var identity: Step?
    /// The first bytes of a packet, and what says how to read them.
    private(set) var frame: Step?
    private(set) var frameType: Step?
    private(set) var sectionOffset: Step?
    /// Whether records may be events of a firewall or NAT without traffic (RFC 8158).
    private(set) var isEvent = false
    /// The counters that tell whether a record carries traffic.
    private(set) var counters: [Step] = []
    /// When the exporter's uptime began, for times that count from there.
    private(set) var initTime: Step?
    private(set) var duration: Step?

    init(fields: [TemplateField], mappings: ElementMappings) {
        var best: [FlowColumn: UInt8] = [:]
        let candidates = Self.candidates(fields, mappings)
        for candidate in candidates {
            guard let column = candidate.step.action.column else { continue }
            best[column] = min(best[column] ?? .max, candidate.rank)
        }
        for candidate in candidates.sorted(by: Self.isWrittenBefore) {
            // Addresses are all kept: which family a record has shows in its values only.
            if let column = candidate.step.action.column, best[column] != candidate.rank, !candidate.isAddress {
                continue
            }
            if candidate.step.action.isColumnwise { steps.append(candidate.step) }
            note(candidate)
        }
        labels.sort { $0.labelDepth < $1.labelDepth }
        interfaceNames = Self.interfaceNames(candidates)
        isRecordwise = frame != nil || !labels.isEmpty || !texts.isEmpty || !interfaceNames.isEmpty
        loops = steps.map(\.loop)
    }

    /// Numbers come in the template's order. Of addresses, IPv6 comes before
    /// IPv4 and second choices before first ones: what comes later writes over
    /// it where the record has a value.
    private static func isWrittenBefore(_ a: Candidate, _ b: Candidate) -> Bool {
        guard a.isAddress, b.isAddress else {
            return a.isAddress == b.isAddress ? a.step.field < b.step.field : a.isAddress
        }
        return a.isIPv6 == b.isIPv6 ? (a.rank, b.step.field) > (b.rank, a.step.field) : a.isIPv6
    }

    private mutating func note(_ candidate: Candidate) {
        let step = candidate.step
        if case .total(let column) = step.action { totals.insert(column) }
        switch step.action {
        case .ipv4(.srcAddr), .ipv4(.dstAddr): hasIPv4 = true
        case .ipv6(.srcAddr), .ipv6(.dstAddr): hasIPv6 = true
        case .ipv4(.samplerAddress), .ipv6(.samplerAddress): hasSamplerAddress = true
        case .unsigned(.eType): hasEtherType = true
        case .unsigned(.bytes), .total(.bytes): counters.append(step)
        case .unsigned(.packets), .total(.packets):
            counters.append(step)
            hasPackets = true
        case .flowID where identity == nil: identity = step
        case .unsigned(.proto): hasProto = true
        case .ipVersion: hasIPVersion = true
        case .icmpTypeAndCode, .unsigned(.icmpType): hasICMP = true
        case .time(let form, let edge):
            hasStart = hasStart || edge == .start
            hasEnd = hasEnd || edge == .end
            hasDates = hasDates || form.isDate
            if edge == .start { identity = step }
        case .samplingInterval, .samplerID, .samplingPacketInterval:
            hasSampling = true
            sampling.append(step)
        case .samplingPacketSpace: sampling.append(step)
        case .event: isEvent = true
        case .unsigned(.firewallEvent): isEvent = true
        case .systemInitTime: initTime = step
        case .duration: duration = step
        case .mplsLabel: labels.append(step)
        // A row has one text of each name: of several elements the first counts.
        case .text(let key), .routeDistinguisher(let key):
            let isTold = texts.contains { known in
                switch known.action {
                case .text(let other), .routeDistinguisher(let other): other == key
                default: false
                }
            }
            if !isTold { texts.append(step) }
        // Candidates come by their place in the template; the better section counts.
        case .frame where candidate.rank <= frameRank: (frame, frameRank) = (step, candidate.rank)
        case .frameType: frameType = step
        case .sectionOffset: sectionOffset = step
        default: break
        }
    }

    /// Whether something is to be read record by record.
    private(set) var isRecordwise = false
    private var frameRank = UInt8.max

    /// Whether records tell their sampling rate themselves, not by naming a sampler.
    var tellsRate: Bool {
        sampling.contains { step in
            switch step.action {
            case .samplingInterval, .samplingPacketInterval: true
            default: false
            }
        }
    }

    /// Makes this plan, which began as a copy of `plan`, the one for a record whose fields lie at `places`. Steps whose
    /// field has an unfit length there are left out. The arrays keep their memory: nothing is allocated from the second
    /// record on.
    mutating func place(_ plan: TemplatePlan, at places: [(offset: Int, length: Int)]) {
        Self.place(plan.steps, at: places, into: &steps)
        if loops.count == steps.count {
            for index in loops.indices { loops[index] = steps[index].loop }
        } else {
            loops = steps.map(\.loop)
        }
        Self.place(plan.counters, at: places, into: &counters)
        Self.place(plan.sampling, at: places, into: &sampling)
        Self.place(plan.labels, at: places, into: &labels)
        Self.place(plan.texts, at: places, into: &texts)
        if !plan.interfaceNames.isEmpty {
            interfaceNames.removeAll(keepingCapacity: true)
            for pair in plan.interfaceNames {
                guard let number = pair.number.placed(places), let name = pair.name.placed(places) else { continue }
                interfaceNames.append((number, name))
            }
        }
        Self.place(plan.initTime, at: places, into: &initTime)
        Self.place(plan.duration, at: places, into: &duration)
        Self.place(plan.identity, at: places, into: &identity)
        Self.place(plan.frame, at: places, into: &frame)
        Self.place(plan.frameType, at: places, into: &frameType)
        Self.place(plan.sectionOffset, at: places, into: &sectionOffset)
    }

    // Nearly always only the places have changed. A copied step would count its references.

    private static func place(_ from: [Step], at places: [(offset: Int, length: Int)], into to: inout [Step]) {
        if to.count == from.count, to.indices.allSatisfy({ places[to[$0].field].length == to[$0].length }) {
            for index in to.indices { to[index].move(to: places[to[index].field].offset) }
            return
        }
        to.removeAll(keepingCapacity: true)
        for step in from {
            if let placed = step.placed(places) { to.append(placed) }
        }
    }

    private static func place(_ from: Step?, at places: [(offset: Int, length: Int)], into to: inout Step?) {
        if let field = to?.field, places[field].length == to?.length {
            to?.move(to: places[field].offset)
        } else {
            to = from?.placed(places)
        }
    }

    // MARK: - Compiling

    /// Pairs each name with the interface whose number stands before it; of an interface's
    /// name and description, the name.
    private static func interfaceNames(_ candidates: [Candidate]) -> [(number: Step, name: Step)] {
        var pairs: [(number: Step, name: Candidate)] = []
        var number: Step?
        for candidate in candidates {
            switch candidate.step.action {
            case .unsigned(.inIf), .unsigned(.outIf): number = candidate.step
            case .interfaceName:
                guard let number else { continue }
                if let known = pairs.firstIndex(where: { $0.number.field == number.field }) {
                    if candidate.rank < pairs[known].name.rank { pairs[known].name = candidate }
                } else {
                    pairs.append((number, candidate))
                }
            default: break
            }
        }
        return pairs.map { ($0.number, $0.name.step) }
    }

    private struct Candidate {
        var step: Step
        var rank: UInt8
        var isAddress: Bool
        var isIPv6: Bool
    }

    private static func candidates(_ fields: [TemplateField], _ mappings: ElementMappings) -> [Candidate] {
        var result: [Candidate] = []
        var offset = 0
        for (index, field) in fields.enumerated() {
            defer { offset += field.isVariable ? 0 : Int(field.length) }
            let known = mappings.element(field) ?? ElementRegistry.element(field.id, enterprise: field.enterprise)
            guard let element = known else { continue }
            for action in element.actions where field.isVariable || action.accepts(length: Int(field.length)) {
                let step = Step(action: action, field: index, offset: offset, length: Int(field.length))
                let isIPv6 = if case .ipv6 = action { true } else { false }
                let isIPv4 = if case .ipv4 = action { true } else { false }
                result.append(
                    Candidate(step: step, rank: element.rank, isAddress: isIPv4 || isIPv6, isIPv6: isIPv6)
                )
            }
        }
        return result
    }
}

/// What of ``PlanRunner`` runs a step, and all that it has to know.
struct FieldLoop: Sendable {
    let kind: Kind
    /// The column that the loop writes; of times, the seconds.
    let column: FlowColumn
    fileprivate(set) var offset: Int

    /// The fields that have a loop of their own, since most fields are like them.
    enum Kind: UInt8, Sendable {
        /// A number as wide as its column.
        case number1, number2, number4, number8
        /// A number of two bytes in a column of four, of four in one of eight.
        case number2in4, number4in8
        /// A number of six bytes in a column of eight.
        case number6in8
        case ipv4, ipv6
        case milliseconds, uptime
        /// Whatever else there is.
        case other
    }

    fileprivate static func kind(_ action: ElementAction, length: Int) -> (Kind, FlowColumn) {
        switch action {
        case .unsigned(let column), .lowBits(let column), .total(let column):
            switch (length, column.storage) {
            case (1, .uint8): (.number1, column)
            case (2, .uint16): (.number2, column)
            case (4, .uint32): (.number4, column)
            case (8, .uint64): (.number8, column)
            case (2, .uint32): (.number2in4, column)
            case (4, .uint64): (.number4in8, column)
            case (6, .uint64): (.number6in8, column)
            case (2..., .uint8): (action.keepsLowBits ? .number1 : .other, column)
            default: (.other, column)
            }
        case .ipv4(let column): (length == 4 ? .ipv4 : .other, column)
        case .ipv6(let column): (length == 16 ? .ipv6 : .other, column)
        case .time(.milliseconds, let edge): (length == 8 ? .milliseconds : .other, edge.secondsColumn)
        case .time(.uptimeMilliseconds, let edge): (length == 4 ? .uptime : .other, edge.secondsColumn)
        default: (.other, action.column ?? .timeReceived)
        }
    }
}

extension ElementAction {
    /// The column that competing elements of one template compete for.
    var column: FlowColumn? {
        switch self {
        case .unsigned(let column), .lowBits(let column), .ipv4(let column), .ipv6(let column),
            .codePoint(let column), .total(let column):
            column
        case .time(_, .start): .timeFlowStart
        case .time(_, .end): .timeFlowEnd
        case .icmpTypeAndCode: .icmpType
        case .tunnelType: .encapType
        case .samplingInterval: .samplingRate
        case .ipVersion, .samplerID, .samplingPacketInterval, .samplingPacketSpace, .event, .systemInitTime, .duration,
            .mplsLabel, .text, .interfaceName, .flowID, .frame, .frameType, .sectionOffset, .routeDistinguisher:
            nil
        }
    }

    /// Whether a plan runs it over all records of a set at once.
    var isColumnwise: Bool {
        switch self {
        case .mplsLabel, .text, .interfaceName, .flowID, .frame, .frameType, .sectionOffset, .routeDistinguisher,
            .samplingInterval, .samplerID, .samplingPacketInterval, .samplingPacketSpace:
            false
        default: true
        }
    }

    /// Whether a field of that length can be read as this; others are skipped as unknown.
    func accepts(length: Int) -> Bool {
        switch self {
        case .unsigned, .lowBits, .samplingInterval, .samplerID, .samplingPacketInterval, .samplingPacketSpace, .event,
            .duration, .frameType, .sectionOffset, .total, .flowID:
            (1...8).contains(length)
        case .codePoint, .tunnelType: length == 1
        case .text, .interfaceName, .frame: length > 0
        case .systemInitTime, .routeDistinguisher: length == 8
        case .mplsLabel: length == 3
        case .ipv4: length == 4
        case .ipv6: length == 16
        case .time(.uptimeMilliseconds, _), .time(.seconds, _), .time(.deltaMicroseconds, _): length == 4
        case .time(.milliseconds, _), .time(.ntp, _): length == 8
        case .icmpTypeAndCode: length == 2
        case .ipVersion: length == 1
        }
    }
}

extension ElementAction {
    /// Whether a number too wide for its column keeps its low bits, and isn't held at the largest value.
    fileprivate var keepsLowBits: Bool {
        if case .lowBits = self { true } else { false }
    }
}

extension TemplatePlan.Step {
    /// How deep in an MPLS label stack the field is.
    fileprivate var labelDepth: Int {
        if case .mplsLabel(let depth) = action { depth } else { 0 }
    }
}

extension TimeForm {
    /// Whether it counts from a date rather than from the export time or the exporter's boot.
    fileprivate var isDate: Bool {
        switch self {
        case .seconds, .milliseconds, .ntp: true
        case .uptimeMilliseconds, .deltaMicroseconds: false
        }
    }
}
