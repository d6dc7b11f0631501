import FlowDecoders
import NetTypes
import WebAPI

/// What people say of flow logs, wherever they say it: in the configuration, with an import, or in Firehose's stream.
struct CloudLogOptions: Sendable {
    var kind: CloudLogKind
    var layout: AWSLogLayout?
    var settings = CloudLogSettings()

    /// A decoder for one file.
    func decoder(layout: AWSLogLayout?) -> CloudLogDecoder {
        CloudLogDecoder(kind, layout: layout, settings: settings, inflate: { PackedRecord.inflate($0, most: $1) })
    }
}

extension CloudLogOptions {
    /// What a bucket of AWS has in the configuration.
    init(_ configuration: AWSSourceConfiguration) {
        kind = .aws
        // The configuration has refused one that can't be.
        layout = configuration.layout.flatMap { try? AWSLogLayout(reading: $0) }
        settings.samplerAddress = configuration.sampler
    }

    /// What a source of Google Cloud has in the configuration.
    init(_ entries: GCPEntryConfiguration) {
        kind = .gcp
        settings.reporter = entries.reporter
        settings.samplingRate = entries.samplingRate
        settings.samplerAddress = entries.sampler
    }

    /// Reads what stands in a request, or in the parameters of a stream; nil when it is of captures.
    ///
    /// - Throws: ``ImportRefusal`` that says what can't be.
    init?(_ options: ImportOptions) throws {
        guard let kind = CloudLogKind(rawValue: options.kind.rawValue) else { return nil }
        self.kind = kind
        if let text = options.layout {
            do throws(CloudLogError) {
                layout = try AWSLogLayout(reading: text)
            } catch {
                throw ImportRefusal(.badOption, "the layout can't be: \(error.explanation)")
            }
        }
        if let text = options.sampler {
            guard let address = IPAddress(text) else {
                throw ImportRefusal(.badOption, "\(text) is no address that rows could have as SamplerAddress")
            }
            settings.samplerAddress = address
        }
        if let text = options.reporter {
            guard let reporter = CloudLogSettings.Reporter(rawValue: text) else {
                throw ImportRefusal(.badOption, "a reporter is source, destination or both, and not \(text)")
            }
            settings.reporter = reporter
        }
        settings.samplingRate = options.samplingRate ?? 0
    }
}
