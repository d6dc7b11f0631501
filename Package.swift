// swift-tools-version: 6.2
import PackageDescription

/// The strictest flags the language offers, on from the first commit.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableExperimentalFeature("Lifetimes"),
    .treatAllWarnings(as: .error),
]

/// For the targets whose tests look inside. Said here and not on the command
/// line, so that the tests and the released program come out of one build.
let testable: [SwiftSetting] = strict + [.unsafeFlags(["-enable-testing"])]

/// For tests: what they test is optimised, and they themselves needn't be, which would take longer to build than to run.
let tests: [SwiftSetting] = strict + [.unsafeFlags(["-Onone"])]

/// For the targets that touch raw bytes: every unsafe use is spelled out.
let strictMemory: [SwiftSetting] = strict + [.strictMemorySafety()]

// Targets stand in the order of the line from datagram to picture; each
// imports only targets above it (Scripts/check-imports.sh proves it).
let package = Package(
    name: "netmeta",
    platforms: [.macOS(.v26)],
    products: [.executable(name: "netmeta", targets: ["netmeta"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .target(name: "NetTypes", swiftSettings: strict),
        .target(name: "WireFormat", swiftSettings: strictMemory),
        .target(name: "FlowSchema", dependencies: ["NetTypes"], swiftSettings: strictMemory),
        .target(
            name: "FlowDecoders",
            dependencies: ["NetTypes", "WireFormat", "FlowSchema"],
            swiftSettings: strictMemory
        ),
        .target(
            name: "Enrichment",
            dependencies: ["NetTypes", "WireFormat", "FlowSchema"],
            swiftSettings: strictMemory
        ),
        .target(name: "OwnThreads", swiftSettings: strict),
        .target(name: "CGzip", linkerSettings: [.linkedLibrary("z")]),
        .target(name: "CBzip2", linkerSettings: [.linkedLibrary("bz2")]),
        .target(name: "CNetSNMP"),
        .target(
            name: "NameSources",
            dependencies: ["NetTypes", "WireFormat", "Enrichment", "OwnThreads", "CGzip", "CBzip2", "CNetSNMP"],
            swiftSettings: testable
        ),
        .target(name: "CLinuxCapture"),
        .target(
            name: "LinuxCapture",
            dependencies: ["NetTypes", "WireFormat", "CLinuxCapture"],
            swiftSettings: strictMemory
        ),
        .target(name: "CArrowDatabase"),
        .target(
            name: "FlowStore",
            dependencies: ["NetTypes", "FlowSchema", "OwnThreads", "CArrowDatabase"],
            swiftSettings: testable
        ),
        .target(name: "FlowQuery", dependencies: ["NetTypes", "FlowSchema"], swiftSettings: strict),
        .target(name: "Telemetry", dependencies: ["NetTypes"], swiftSettings: strict),
        .target(name: "CKafka"),
        .target(
            name: "Pipeline",
            dependencies: [
                "CKafka",
                "NetTypes", "WireFormat", "FlowSchema", "FlowDecoders", "LinuxCapture", "Enrichment", "FlowStore",
                "Telemetry", "OwnThreads",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: testable
        ),
        .target(
            name: "VirtualExporters",
            dependencies: ["NetTypes", "FlowSchema"],
            swiftSettings: testable
        ),
        .target(name: "CCrypt", linkerSettings: [.linkedLibrary("crypt")]),
        .target(
            name: "WebAPI",
            dependencies: [
                "CGzip", "NetTypes", "FlowSchema", "FlowStore", "FlowQuery", "Telemetry", "CCrypt",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: testable
        ),
        .executableTarget(
            name: "netmeta",
            dependencies: [
                "CGzip", "NetTypes", "WireFormat", "FlowSchema", "FlowDecoders", "Enrichment", "NameSources",
                "LinuxCapture", "FlowStore", "FlowQuery", "Telemetry", "Pipeline", "VirtualExporters", "WebAPI",
                "OwnThreads",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: testable
        ),
        .target(
            name: "NetMetaTesting",
            dependencies: ["NetTypes", "WireFormat", "FlowSchema", "FlowDecoders"],
            swiftSettings: strict
        ),
        .testTarget(name: "NetTypesTests", dependencies: ["NetTypes"], swiftSettings: tests),
        .testTarget(name: "WireFormatTests", dependencies: ["NetTypes", "WireFormat"], swiftSettings: tests),
        .testTarget(name: "FlowSchemaTests", dependencies: ["NetTypes", "FlowSchema"], swiftSettings: tests),
        .testTarget(
            name: "FlowDecodersTests",
            dependencies: ["NetTypes", "WireFormat", "FlowSchema", "FlowDecoders", "NetMetaTesting"],
            swiftSettings: tests
        ),
        .testTarget(
            name: "EnrichmentTests",
            dependencies: ["NetTypes", "WireFormat", "FlowSchema", "Enrichment"],
            swiftSettings: tests
        ),
        .testTarget(
            name: "NameSourcesTests",
            dependencies: ["NetTypes", "WireFormat", "Enrichment", "NameSources"],
            swiftSettings: tests
        ),
        .testTarget(
            name: "FlowStoreTests",
            dependencies: ["NetTypes", "FlowSchema", "Enrichment", "FlowStore", "FlowQuery", "WebAPI"],
            swiftSettings: tests
        ),
        .testTarget(
            name: "FlowQueryTests",
            dependencies: ["NetTypes", "FlowSchema", "FlowQuery"],
            swiftSettings: tests
        ),
        .testTarget(name: "TelemetryTests", dependencies: ["Telemetry"], swiftSettings: tests),
        .testTarget(
            name: "VirtualExportersTests",
            dependencies: ["NetTypes", "FlowSchema", "FlowDecoders", "VirtualExporters"],
            swiftSettings: tests
        ),
        .testTarget(
            name: "PipelineTests",
            dependencies: [
                "NetTypes", "FlowSchema", "FlowDecoders", "LinuxCapture", "Enrichment", "FlowStore", "Telemetry",
                "Pipeline",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: tests
        ),
        .testTarget(
            name: "WebAPITests",
            dependencies: [
                "NetTypes", "FlowSchema", "FlowStore", "FlowQuery", "Telemetry", "WebAPI",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: tests
        ),
        .testTarget(
            name: "netmetaTests",
            dependencies: [
                "netmeta", "NetTypes", "WireFormat", "FlowSchema", "FlowDecoders", "FlowStore", "Enrichment",
                "NameSources", "Pipeline", "Telemetry", "VirtualExporters", "WebAPI",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: tests
        ),
    ]
)
