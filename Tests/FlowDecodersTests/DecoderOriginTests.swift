import FlowDecoders
import FlowSchema
import Testing

struct DecoderOriginTests {
    private func numbers(_ type: FlowType, _ column: FlowColumn) -> [String] {
        FieldOrigins.decoders[type, column].map(\.number)
    }

    @Test("columns name the fields that decoders read, and none where a protocol has none")
    func origins() {
        #expect(numbers(.ipfix, .srcAddr).prefix(2) == ["8", "27"])
        #expect(FieldOrigins.decoders[.ipfix, .srcAddr].prefix(2).map(\.ipVersion) == [4, 6])
        #expect(numbers(.netflowV9, .bytes).first == "1")
        #expect(numbers(.netflowV5, .srcAddr) == ["8"])
        #expect(numbers(.netflowV5, .srcMac) == [] && numbers(.netflowV5, .flowDirection) == [])
        #expect(numbers(.netflowV1, .srcAS) == [] && numbers(.netflowV5, .srcAS) == ["16"])
        #expect(numbers(.sflow5, .srcAS) == ["0/1003"])
        #expect(numbers(.sflow5, .srcAddr).first == "0/1")
        #expect(numbers(.sflow5, .applicationId) == [])
        #expect(!FieldOrigins.decoders.knows(.unknown))
        // What nobody sends is no field's: the collector or enrichment writes it.
        for column in FlowColumn.allCases where column.isEnriched || column == .timeReceived {
            for type in FlowType.allCases { #expect(numbers(type, column) == [], "\(type) \(column)") }
        }
    }
}
