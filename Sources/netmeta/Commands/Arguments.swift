public import ArgumentParser
public import NetTypes
public import VirtualExporters
public import WebAPI

// How our own types are written on the command line.

extension LoadProtocol: ExpressibleByArgument {}

extension Role: ExpressibleByArgument {}

extension SourceKind: ExpressibleByArgument {}

extension IPEndpoint: ExpressibleByArgument {
    /// Reads `HOST:PORT`.
    public init?(argument: String) {
        self.init(argument)
    }
}
