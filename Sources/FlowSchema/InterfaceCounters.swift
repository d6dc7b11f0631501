public import NetTypes

/// The columns of ``ClickHouse/interfaceCountersTable``: what devices count
/// themselves, as sFlow's counter samples tell it. One row is one sample.
///
/// A column is one case, one row in ``name`` and ``storage`` each, and its
/// value in ``InterfaceCounters``.
public enum InterfaceCounterColumn: UInt8, CaseIterable, Sendable {
    case timeReceived, samplerAddress, sequenceNum
    case ifIndex, ifType, ifSpeed, ifDirection, ifStatus
    case inOctets, inUcastPkts, inMulticastPkts, inBroadcastPkts, inDiscards, inErrors, inUnknownProtos
    case outOctets, outUcastPkts, outMulticastPkts, outBroadcastPkts, outDiscards, outErrors, promiscuousMode
    case alignmentErrors, fcsErrors, singleCollisionFrames, multipleCollisionFrames, sqeTestErrors
    case deferredTransmissions, lateCollisions, excessiveCollisions, internalMacTransmitErrors
    case carrierSenseErrors, frameTooLongs, internalMacReceiveErrors, symbolErrors

    /// The column's name in ClickHouse: that of IF-MIB (RFC 2863) or
    /// EtherLike-MIB (RFC 3635) without the prefix.
    public var name: String {
        switch self {
        case .fcsErrors: "FCSErrors"
        case .sqeTestErrors: "SQETestErrors"
        default: Self.capitalised("\(self)")
        }
    }

    /// How the column's values lie in memory.
    public var storage: FieldStorage {
        switch self {
        case .samplerAddress: .bytes16
        case .ifSpeed, .inOctets, .outOctets: .uint64
        default: .uint32
        }
    }

    /// The column's type in ClickHouse.
    public var clickHouseType: String {
        switch self {
        case .timeReceived: "DateTime('UTC')"
        case .samplerAddress: "IPv6"
        default: storage == .uint64 ? "UInt64" : "UInt32"
        }
    }

    private static func capitalised(_ name: String) -> String {
        name.prefix(1).uppercased() + name.dropFirst()
    }
}

/// What a device counted on one interface since it started; counts that it
/// doesn't know are all ones.
public struct InterfaceCounters: Equatable, Sendable {
    /// When the collector received the datagram, in seconds since 1970 UTC.
    public var timeReceived: UInt32 = 0
    /// The device.
    public var samplerAddress = IPAddress.unspecified
    /// The numbers of all other columns, by ``InterfaceCounterColumn``.
    private var numbers = InlineArray<35, UInt64>(repeating: 0)

    /// Counters that are all 0.
    public init() {}

    /// One number; the address isn't one.
    public subscript(column: InterfaceCounterColumn) -> UInt64 {
        get { column == .timeReceived ? UInt64(timeReceived) : numbers[Int(column.rawValue)] }
        set { numbers[Int(column.rawValue)] = newValue }
    }

    /// Whether every value is the same.
    public static func == (a: InterfaceCounters, b: InterfaceCounters) -> Bool {
        a.samplerAddress == b.samplerAddress && InterfaceCounterColumn.allCases.allSatisfy { a[$0] == b[$0] }
    }
}

/// Counters in columns, in the layout that the store takes. It belongs to the
/// ``FlowBatch`` that it came with, and to the thread that owns that.
@safe
public final class InterfaceCounterBatch {
    /// Rows that fit; a batch's worth of them for 1000 exporters.
    public static let capacity = 4096

    /// Rows written so far.
    public private(set) var count = 0
    private let memory: UnsafeMutableRawPointer
    private let offsets: [Int]

    /// Makes an empty batch.
    public init() {
        var offsets: [Int] = []
        var size = 0
        for column in InterfaceCounterColumn.allCases {
            offsets.append(size)
            // A multiple of 64 bytes: Arrow wants buffers on such boundaries.
            size += Self.capacity * column.storage.width
        }
        self.offsets = offsets
        unsafe memory = .allocate(byteCount: size, alignment: 64)
    }

    deinit {
        unsafe memory.deallocate()
    }

    /// Adds a row.
    ///
    /// - Returns: false when there is no room.
    public func append(_ counters: InterfaceCounters) -> Bool {
        guard count < Self.capacity else { return false }
        for column in InterfaceCounterColumn.allCases {
            let width = column.storage.width
            let place = unsafe memory + offsets[Int(column.rawValue)] + count * width
            switch column.storage {
            case .bytes16:
                unsafe place.storeBytes(of: AddressBytes(counters.samplerAddress), as: AddressBytes.self)
            case .uint64:
                unsafe place.storeBytes(of: counters[column], as: UInt64.self)
            default:
                unsafe place.storeBytes(of: UInt32(truncatingIfNeeded: counters[column]), as: UInt32.self)
            }
        }
        count += 1
        return true
    }

    /// Empties the batch for its next use.
    public func clear() {
        count = 0
    }

    /// The memory of a column: ``count`` values of its width.
    @unsafe
    public func bytes(of column: InterfaceCounterColumn) -> UnsafeRawPointer {
        unsafe UnsafeRawPointer(memory + offsets[Int(column.rawValue)])
    }

    /// One number; 0 for the address.
    public func number(_ column: InterfaceCounterColumn, row: Int) -> UInt64 {
        precondition(row < count)
        let place = unsafe memory + offsets[Int(column.rawValue)] + row * column.storage.width
        return switch column.storage {
        case .bytes16: 0
        case .uint64: unsafe place.load(as: UInt64.self)
        default: unsafe UInt64(place.load(as: UInt32.self))
        }
    }

    /// The device of a row.
    public func samplerAddress(row: Int) -> IPAddress {
        precondition(row < count)
        let place = unsafe memory + offsets[Int(InterfaceCounterColumn.samplerAddress.rawValue)] + row * 16
        return unsafe place.load(as: AddressBytes.self).address
    }
}

extension ClickHouse {
    /// The table of interfaces' own counters.
    public static let interfaceCountersTable = "interface_counters"
    /// Where counters are appended; it keeps nothing, its view writes ``interfaceCountersTable``.
    public static let interfaceCountersInput = "interface_counters_in"

    /// The statement that makes the table.
    public static func createInterfaceCounters(retentionDays: Int) -> String {
        let lines = InterfaceCounterColumn.allCases.map { "    \($0.name) \($0.clickHouseType)" }
        return """
            CREATE TABLE IF NOT EXISTS \(database).\(interfaceCountersTable) (
            \(lines.joined(separator: ",\n"))
            ) ENGINE = MergeTree
            PARTITION BY toDate(TimeReceived)
            ORDER BY (SamplerAddress, IfIndex, TimeReceived)
            TTL \(ttl(days: retentionDays))
            SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = \(deduplicationWindow)
            """
    }

    /// The way in, like that of flows: see ``inputStatements``.
    static var interfaceCountersInputStatements: [String] {
        let columns = InterfaceCounterColumn.allCases
        let inputs = columns.map { column in
            switch column.storage {
            case .bytes16: "\(column.name) FixedString(16)"
            case .uint64: "\(column.name) UInt64"
            default: "\(column.name) UInt32"
            }
        }
        let outputs = columns.map { column in
            switch column {
            case .timeReceived: "toDateTime(\(column.name), 'UTC') AS \(column.name)"
            case .samplerAddress: "CAST(\(column.name), 'IPv6') AS \(column.name)"
            default: column.name
            }
        }
        let input = "\(database).\(interfaceCountersInput)"
        return [
            "DROP VIEW IF EXISTS \(input)_view SYNC",
            "DROP TABLE IF EXISTS \(input) SYNC",
            "CREATE TABLE \(input) (\(inputs.joined(separator: ", "))) ENGINE = Null",
            """
            CREATE MATERIALIZED VIEW \(input)_view TO \(database).\(interfaceCountersTable) AS
            SELECT \(outputs.joined(separator: ", ")) FROM \(input)
            """,
        ]
    }
}
