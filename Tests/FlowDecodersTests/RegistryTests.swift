import FlowDecoders
import Testing

@Suite("Registry")
struct RegistryTests {
    @Test("the page has a row for each element, once")
    func page() {
        let rows = ElementReference.markdown.split(separator: "\n").filter { $0.hasPrefix("| ") }
        let numbers = rows.compactMap { Int($0.split(separator: "|")[0].filter(\.isNumber)) }
        #expect(numbers.count > 90 && Set(numbers).count == numbers.count)
        #expect(rows.contains("| 1 | octetDeltaCount | `Bytes` |"))
        #expect(rows.contains("| 58 | vlanId | `SrcVlan`, `VlanId` |"))
    }
}
