import Enrichment
import FlowSchema
import NetTypes
import Testing

@Suite("AS numbers from a map")
struct ASFillTests {
    private let ends = [
        "192.0.2.1 > 198.51.100.1", "192.0.2.65 > 203.0.113.1", "2001:db8::1 > 2001:db9::1", "192.0.2.65 > 192.0.2.1",
    ]

    @Test("only what the exporter left at 0 is filled, and addresses that no route covers stay unknown")
    func exporterFirst() {
        let batch = rows(ends)
        set(batch, .srcAS, [UInt32(0), 7, 0, 0])
        set(batch, .srcNet, [UInt8(0), 0, 48, 20])
        enrich(batch, map, .exporterFirst)
        #expect(numbers(batch, .srcAS) == [64496, 7, 64498, 64497])
        #expect(numbers(batch, .srcNet) == [24, 26, 48, 20])
        // No row wrote these columns.
        #expect(numbers(batch, .dstAS) == [0, 0, 0, 64496])
        #expect(numbers(batch, .dstNet) == [0, 0, 0, 24])
        // Without next hops there are none to name.
        #expect(!batch.isPresent(.nextHopAS))
    }

    @Test("the map goes first where that is said, and the exporter's number stays where the map knows none")
    func mapFirst() {
        let batch = rows(ends)
        set(batch, .srcAS, [UInt32(1), 2, 3, 4])
        set(batch, .dstAS, [UInt32(5), 6, 7, 8])
        enrich(batch, map, .mapFirst)
        #expect(numbers(batch, .srcAS) == [64496, 64497, 64498, 64497])
        #expect(numbers(batch, .dstAS) == [5, 6, 7, 64496])
        #expect(numbers(batch, .srcNet) == [24, 26, 32, 26])
    }

    @Test("the next hop's AS, where the exporter told none")
    func nextHop() {
        let batch = rows(ends)
        set(batch, .nextHop, samplers("192.0.2.65", "192.0.2.65", "203.0.113.9", "::"))
        set(batch, .nextHopAS, [UInt32(0), 9, 0, 0])
        enrich(batch, map, .mapFirst)
        #expect(numbers(batch, .nextHopAS) == [64497, 9, 0, 0])
    }

    @Test("a place without an AS gives neither number nor length")
    func place() {
        var builder = AddressMapBuilder()
        let germany = builder.number(of: .init(country: "DE"))
        _ = builder.add(prefix("192.0.2.0/24"), asn: 0, place: germany)
        let batch = rows(ends)
        enrich(batch, builder.build(), .mapFirst)
        #expect(numbers(batch, .srcAS) == [0, 0, 0, 0] && numbers(batch, .srcNet) == [0, 0, 0, 0])
    }

    @Test("country and city of both ends, before addresses lose their host bits; without places there are no columns")
    func places() {
        var builder = AddressMapBuilder(placesOnly: true)
        let berlin = AddressMap.Place(country: "DE", city: "Berlin")
        let placeless = builder.number(of: .init(city: "Atlantis"))
        _ = builder.add(prefix("192.0.2.0/26"), asn: 64496, place: builder.number(of: berlin))
        _ = builder.add(prefix("192.0.2.64/26"), asn: 64497, place: placeless)
        _ = builder.add(prefix("2001:db8::/32"), asn: 0, place: builder.number(of: .init(country: "FR")))
        let places = builder.build()
        var sampler = SamplerEnrichment()
        sampler.anonymization = Anonymization(v4Bits: 16, v6Bits: 16)
        var settings = EnrichmentSettings()
        settings.samplers = [prefix("203.0.113.1"): sampler]
        let batch = rows(ends)
        set(batch, .samplerAddress, samplers("203.0.113.1", "203.0.113.1", "203.0.113.1", "203.0.113.1"))
        batch.seal()
        var enricher = Enricher(EnrichmentSource(settings, map: AddressMap(merging: [places, map])))
        enricher.enrich(batch)
        let codes = (0..<4).map { CountryCode.text(batch.number(.srcCountry, row: $0)) }
        #expect(codes == ["DE", nil, "FR", nil])
        let atlantis = AddressMap.Place(city: "Atlantis").cityNumber
        #expect(numbers(batch, .srcCityId) == [berlin.cityNumber, atlantis, 0, atlantis])
        #expect(numbers(batch, .dstCityId) == [0, 0, 0, berlin.cityNumber])
        // The numbers of ASes are the other source's.
        #expect(numbers(batch, .srcAS) == [64496, 64497, 64498, 64497])
        #expect(ClickHouse.InputTable(for: batch) == .placed)
        let plain = rows(ends)
        enrich(plain, map, .exporterFirst)
        #expect(!plain.isPresent(.srcCountry) && !plain.isPresent(.srcCityId))
        #expect(ClickHouse.InputTable(for: plain) == .usual)
    }

    @Test("a city's number is for good, and fits into what JSON keeps")
    func cityNumbers() {
        #expect(AddressMap.Place(country: "DE", city: "Berlin").cityNumber == 8_208_369_389_625_335)
        #expect(
            AddressMap.Place(country: "US", city: "Berlin").cityNumber
                != AddressMap.Place(country: "DE", city: "Berlin").cityNumber
        )
        #expect(AddressMap.Place(country: "DE").cityNumber == 0)
        let numbers = (0..<100_000).map { AddressMap.Place(country: "DE", city: "City \($0)").cityNumber }
        #expect(Set(numbers).count == numbers.count && numbers.allSatisfy { $0 < 1 << 53 })
    }

    @Test("rules and anonymisation see what the map gave, and memory of an earlier batch shows nowhere")
    func order() {
        var sampler = SamplerEnrichment()
        sampler.isIncomingFlow = [IncomingRule([.number(.srcAS, 64497)])]
        sampler.anonymization = Anonymization()
        var settings = EnrichmentSettings()
        settings.samplers = [prefix("203.0.113.1"): sampler]
        let batch = rows(ends)
        set(batch, .samplerAddress, samplers("203.0.113.1", "203.0.113.1", "203.0.113.1", "203.0.113.1"))
        set(batch, .dstAS, [UInt32(11), 11, 11, 11])
        set(batch, .nextHopAS, [UInt32(11), 11, 11, 11])
        batch.clear()
        for end in ends {
            let parts = end.split(separator: " ").map(String.init)
            let row = batch.reserve(1)
            batch.fill(.srcAddr, row, with: address(parts[0]))
            batch.fill(.dstAddr, row, with: address(parts[2]))
            batch.fill(.samplerAddress, row, with: address("203.0.113.1"))
            batch.fill(.nextHop, row, with: address("203.0.113.5"))
        }
        batch.seal()
        var enricher = Enricher(EnrichmentSource(settings, map: map))
        enricher.enrich(batch)
        #expect(numbers(batch, .incoming) == [0, 1, 0, 1])
        #expect(batch.address(.srcAddr, row: 1) == address("192.0.2.0"))
        #expect(numbers(batch, .dstAS) == [0, 0, 0, 64496] && numbers(batch, .nextHopAS) == [0, 0, 0, 0])
    }

    @Test("settings and map are replaced one without the other")
    func replaced() {
        let source = EnrichmentSource()
        var enricher = Enricher(source)
        func numbersNow() -> [UInt64] {
            let batch = rows(["192.0.2.1 > 198.51.100.1"])
            set(batch, .srcAS, [UInt32(5)])
            batch.seal()
            enricher.enrich(batch)
            return [batch.number(.srcAS, row: 0), batch.number(.locality, row: 0)]
        }
        #expect(numbersNow() == [5, 0])
        var settings = EnrichmentSettings()
        settings.asOrder = .mapFirst
        settings.localNetworks = prefixes("192.0.2.0/24")
        source.replace(map: map)
        source.replace(settings: settings)
        #expect(numbersNow() == [64496, UInt64(Locality.out.rawValue)])
        source.replace(map: nil)
        #expect(numbersNow() == [5, UInt64(Locality.out.rawValue)])
        source.replace(map: map)
        source.replace(settings: EnrichmentSettings())
        #expect(numbersNow() == [5, 0])
    }

    /// 192.0.2.0/24 with a longer prefix in it, and 2001:db8::/32.
    private var map: AddressMap {
        var builder = AddressMapBuilder()
        for (text, asn) in [("192.0.2.0/24", UInt32(64496)), ("192.0.2.64/26", 64497), ("2001:db8::/32", 64498)] {
            _ = builder.add(prefix(text), asn: asn)
        }
        return builder.build()
    }

    private func enrich(_ batch: FlowBatch, _ map: AddressMap, _ order: ASOrder) {
        var settings = EnrichmentSettings()
        settings.asOrder = order
        batch.seal()
        var enricher = Enricher(EnrichmentSource(settings, map: map))
        enricher.enrich(batch)
    }
}
