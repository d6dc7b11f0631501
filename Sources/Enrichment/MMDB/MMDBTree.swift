import WireFormat

/// The search tree of a MaxMind DB ("Binary Search Tree Section").
struct MMDBTree: ~Escapable {
    /// Where a way through the tree leads.
    enum Target {
        case node(Int)
        case nothing
        /// A place in the data section.
        case data(Int)
    }

    /// What a walk comes to.
    enum Step {
        case leaf(Leaf)
        /// A way to a node that was visited.
        case alias
        /// A way deeper than an address.
        case damage
    }

    /// A network that ends the tree.
    struct Leaf {
        /// The bits of the network, the first of them at the top.
        var bits: UInt128
        /// How many bits there are.
        var depth: Int
        var data: Int
    }

    /// Bytes of zero between tree and data.
    private static let separator = 16

    private let bytes: RawSpan
    private let nodeCount: Int
    private let recordBits: Int
    /// 32 or 128.
    private let depth: Int

    /// - Parameters:
    ///   - recordBits: 24, 28 or 32.
    ///   - depth: bits of an address.
    /// - Returns: nil when the file can't hold such a tree.
    @_lifetime(copy file)
    init?(_ file: RawSpan, nodeCount: Int, recordBits: Int, depth: Int) {
        guard [24, 28, 32].contains(recordBits), nodeCount >= 0, nodeCount <= file.byteCount / (recordBits / 4) else {
            return nil
        }
        self.bytes = file.extracting(0..<(nodeCount * recordBits / 4))
        self.nodeCount = nodeCount
        self.recordBits = recordBits
        self.depth = depth
    }

    /// Where the data section begins.
    var dataOffset: Int { bytes.byteCount + Self.separator }

    /// Walks all networks in the order of their addresses.
    ///
    /// Each node is visited once. IPv6 trees lead to that of IPv4 from several
    /// places (6to4, Teredo, ::ffff:0:0/96); the first is ::/96, where IPv4
    /// lies, and the others are aliases. That also ends a tree made up of loops.
    ///
    /// - Parameter body: is told of each step that ends a way.
    func walk(_ body: (Step) -> Void) {
        var visited = [Bool](repeating: false, count: nodeCount)
        // A way for each level at most, and the one that is next.
        var ways: [(target: Target, bits: UInt128, depth: Int)] = [(nodeCount == 0 ? .nothing : .node(0), 0, 0)]
        while let way = ways.popLast() {
            switch way.target {
            case .nothing:
                break
            case .data(let offset):
                body(.leaf(Leaf(bits: way.bits, depth: way.depth, data: offset)))
            case .node(let node):
                if visited[node] {
                    body(.alias)
                    continue
                }
                visited[node] = true
                guard way.depth < depth, let (left, right) = children(of: node) else {
                    body(.damage)
                    continue
                }
                let bit = UInt128(1) << UInt128(127 - way.depth)
                ways.append((right, way.bits | bit, way.depth + 1))
                ways.append((left, way.bits, way.depth + 1))
            }
        }
    }

    private func children(of node: Int) -> (Target, Target)? {
        var reader = WireReader(bytes)
        let length = recordBits / 4
        guard (try? reader.skip(node * length)) != nil, let first = reader.peek(UInt32.self),
            let last = reader.peek(UInt32.self, ahead: length - 4)
        else { return nil }
        switch recordBits {
        case 24: return (target(Int(first >> 8)), target(Int(last & 0xFF_FFFF)))
        // The fourth byte holds the upper four bits of each.
        case 28:
            let left = first >> 8 | (first & 0xF0) << 20
            return (target(Int(left)), target(Int(last & 0xFFF_FFFF)))
        default: return (target(Int(first)), target(Int(last)))
        }
    }

    private func target(_ record: Int) -> Target {
        if record < nodeCount { return .node(record) }
        if record == nodeCount { return .nothing }
        return .data(record - nodeCount - Self.separator)
    }
}
