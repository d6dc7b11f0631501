import Enrichment
import FlowDecoders
import Pipeline

/// The parts of a running server, whatever its role, that take new settings without a restart.
struct LiveParts {
    let pipeline: Pipeline
    let enrichment: EnrichmentSource
    let imports: LiveImports
    let resolver: ResolverService
    /// Nil, like the next, in a role that listens for nothing.
    let bmp: BMPService?
    let dumps: RouterDumpService?
    let status: PipelineStatus
    let snmp: SNMPService
    let asMap: ASMapService
    let names: NameKeeper
    let web: WebService

    /// Puts those settings into force that can change at run time.
    func apply(_ new: Configuration) async throws {
        LiveLogLevel.set(new.log.level)
        pipeline.setAllow(new.listeners.allow)
        pipeline.setDecoding(DecoderSettings(new))
        imports.reload(new)
        resolver.reload(new)
        snmp.reload(new)
        web.reload(new)
        status.setDecoding(DecoderSettings(new))
        enrichment.replace(settings: EnrichmentSettings(new))
        asMap.reload(new.enrichment.asMap)
        bmp?.reload(new.enrichment.bmp)
        dumps?.reload(new)
        try await names.reload(new)
    }
}
