import Logging
import NameSources
import NetTypes
import Telemetry
import Testing

@testable import netmeta

@Suite("The resolver as a part of the server")
struct ResolverServiceTests {
    @Test("a collector, which stores nothing, asks for none of the addresses with most traffic")
    func collector() async throws {
        let yaml = "enrichment: {resolver: {servers: \"127.0.0.1:9\", talkers: 100}}"
        let configuration = try ConfigurationLoader.load(yaml: yaml, file: "f", environment: [:]).configuration
        let service = ResolverService(configuration, store: nil, logger: Logger(label: "test"))
        await service.askForTalkers(configuration.enrichment.resolver.talkers)
        #expect(Self.sent(service) == 0 && Self.value("netmeta_resolver_queue_addresses", service) == 0)
        // It does ask for what somebody wants a name of.
        _ = service.names(of: [IPAddress(198, 51, 100, 1)])
        let end = ContinuousClock.now + .seconds(10)
        while Self.sent(service) == 0, ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(10)) }
        #expect(Self.sent(service) > 0)
    }

    private static func sent(_ service: ResolverService) -> Double {
        value("netmeta_resolver_queries_total", service)
    }

    private static func value(_ name: String, _ service: ResolverService) -> Double {
        service.metrics().first { $0.name == name }?.samples.reduce(0) { $0 + $1.value } ?? -1
    }
}
