import FlowSchema
import NetTypes

/// The fields of Google Cloud's VPC flow logs (VPC Flow Logs, "Record
/// format") that something is made of, by their path in a LogEntry.
enum GCPField {
    case sourceAddress, destinationAddress, sourcePort, destinationPort, `protocol`
    case reporter, start, end, bytes, packets, rtt, medianRTT
    case bytesDropped, packetsDropped, disposition, dropReason
    case sourceAS, destinationAS, pathAS, dscp
    case insertId, timestamp, logName
    /// A text of one end with columns of its own, by ``GCPText``.
    case text(GCPText)
    /// A text for `Strings`.
    case named(Int)

    /// The field of a path, by its hash.
    static let byPath: [UInt64: GCPField] = {
        var fields: [UInt64: GCPField] = [:]
        func add(_ path: String, _ field: GCPField) {
            let hash = PathHash(path.utf8).value
            precondition(fields[hash] == nil, "two paths of one hash")
            fields[hash] = field
        }
        add("insertId", .insertId)
        add("timestamp", .timestamp)
        add("logName", .logName)
        for (path, field) in payload { add("jsonPayload." + path, field) }
        for text in GCPText.allCases { add("jsonPayload." + text.path, .text(text)) }
        for (index, named) in named.enumerated() { add("jsonPayload." + named.path, .named(index)) }
        return fields
    }()

    private static let payload: [(String, GCPField)] = [
        ("connection.src_ip", .sourceAddress), ("connection.dest_ip", .destinationAddress),
        ("connection.src_port", .sourcePort), ("connection.dest_port", .destinationPort),
        ("connection.protocol", .protocol), ("reporter", .reporter), ("start_time", .start), ("end_time", .end),
        ("bytes_sent", .bytes), ("packets_sent", .packets), ("rtt_msec", .rtt),
        ("round_trip_time.median_msec", .medianRTT), ("bytes_dropped", .bytesDropped),
        ("packets_dropped", .packetsDropped), ("disposition", .disposition), ("drop_reason", .dropReason),
        ("src_location.asn", .sourceAS), ("dest_location.asn", .destinationAS),
        ("internet_routing_details.egress_as_path.as_details.asn", .pathAS), ("network_service.dscp", .dscp),
    ]

    /// Texts for `Strings`: their path and their name there. The first that an entry has stand, up to
    /// ``VariableValue/mostTexts``.
    static let named: [(path: String, name: [UInt8])] = [
        ("src_location.country", "srcCountry3"), ("dest_location.country", "dstCountry3"),
        ("src_location.city", "srcCityName"), ("dest_location.city", "dstCityName"),
        ("src_location.region", "srcPlaceRegion"), ("dest_location.region", "dstPlaceRegion"),
        ("src_location.continent", "srcContinent"), ("dest_location.continent", "dstContinent"),
        ("src_gateway.type", "srcGatewayType"), ("dest_gateway.type", "dstGatewayType"),
        ("src_gateway.interconnect_name", "srcInterconnect"), ("dest_gateway.interconnect_name", "dstInterconnect"),
        ("src_instance.managed_instance_group.name", "srcInstanceGroup"),
        ("dest_instance.managed_instance_group.name", "dstInstanceGroup"),
        ("src_gke_details.service.service_name", "srcGkeService"),
        ("dest_gke_details.service.service_name", "dstGkeService"),
        ("src_gke_details.pod.workload.workload_type", "srcGkeWorkloadType"),
        ("dest_gke_details.pod.workload.workload_type", "dstGkeWorkloadType"),
        ("src_google_service.type", "srcGoogleServiceType"), ("dest_google_service.type", "dstGoogleServiceType"),
        ("src_google_service.connectivity", "srcGoogleConnectivity"),
        ("dest_google_service.connectivity", "dstGoogleConnectivity"),
        ("src_google_service.private_domain", "srcGooglePrivateDomain"),
        ("dest_google_service.private_domain", "dstGooglePrivateDomain"),
        ("src_serverless_details.resource_name", "srcServerless"),
        ("dest_serverless_details.resource_name", "dstServerless"),
        ("load_balancing.reporter", "lbReporter"), ("load_balancing.type", "lbType"),
        ("load_balancing.scheme", "lbScheme"), ("load_balancing.forwarding_rule_name", "lbForwardingRule"),
        ("load_balancing.url_map_name", "lbUrlMap"), ("load_balancing.backend_service_name", "lbBackendService"),
        ("load_balancing.backend_group_name", "lbBackendGroup"),
        ("psc.reporter", "pscReporter"), ("psc.psc_endpoint.psc_connection_id", "pscConnection"),
        ("rdma_traffic_type", "rdmaTrafficType"), ("throughput_inclusion", "gcpThroughputInclusion"),
    ].map { ($0.0, Array($0.1.utf8) + [0]) }
}

/// Texts of an entry's two ends that have columns of their own.
enum GCPText: UInt8, CaseIterable {
    case sourceProject, sourceRegion, sourceZone, sourceInstance, sourceVpcProject, sourceVpc, sourceSubnet
    case sourceCluster, sourceNamespace, sourcePod, sourceWorkload, sourceService
    case sourceGateway, sourceGatewayProject, sourceGatewayLocation, sourceGatewayVpc
    case destinationProject, destinationRegion, destinationZone, destinationInstance, destinationVpcProject
    case destinationVpc, destinationSubnet, destinationCluster, destinationNamespace, destinationPod
    case destinationWorkload, destinationService, destinationGateway, destinationGatewayProject
    case destinationGatewayLocation, destinationGatewayVpc
    case sourceSubnetRegion, destinationSubnetRegion

    static let count = 34

    /// The path below jsonPayload.
    var path: String {
        switch self {
        case .sourceProject: "src_instance.project_id"
        case .sourceRegion: "src_instance.region"
        case .sourceZone: "src_instance.zone"
        case .sourceInstance: "src_instance.vm_name"
        case .sourceVpcProject: "src_vpc.project_id"
        case .sourceVpc: "src_vpc.vpc_name"
        case .sourceSubnet: "src_vpc.subnetwork_name"
        case .sourceSubnetRegion: "src_vpc.subnetwork_region"
        case .sourceCluster: "src_gke_details.cluster.cluster_name"
        case .sourceNamespace: "src_gke_details.pod.pod_namespace"
        case .sourcePod: "src_gke_details.pod.pod_name"
        case .sourceWorkload: "src_gke_details.pod.workload.workload_name"
        case .sourceService: "src_google_service.service_name"
        case .sourceGateway: "src_gateway.name"
        case .sourceGatewayProject: "src_gateway.project_id"
        case .sourceGatewayLocation: "src_gateway.location"
        case .sourceGatewayVpc: "src_gateway.vpc.vpc_name"
        case .destinationProject: "dest_instance.project_id"
        case .destinationRegion: "dest_instance.region"
        case .destinationZone: "dest_instance.zone"
        case .destinationInstance: "dest_instance.vm_name"
        case .destinationVpcProject: "dest_vpc.project_id"
        case .destinationVpc: "dest_vpc.vpc_name"
        case .destinationSubnet: "dest_vpc.subnetwork_name"
        case .destinationSubnetRegion: "dest_vpc.subnetwork_region"
        case .destinationCluster: "dest_gke_details.cluster.cluster_name"
        case .destinationNamespace: "dest_gke_details.pod.pod_namespace"
        case .destinationPod: "dest_gke_details.pod.pod_name"
        case .destinationWorkload: "dest_gke_details.pod.workload.workload_name"
        case .destinationService: "dest_google_service.service_name"
        case .destinationGateway: "dest_gateway.name"
        case .destinationGatewayProject: "dest_gateway.project_id"
        case .destinationGatewayLocation: "dest_gateway.location"
        case .destinationGatewayVpc: "dest_gateway.vpc.vpc_name"
        }
    }

    /// Columns, and the texts that they are taken of: the first that there is.
    static let columns: [(column: FlowColumn, texts: [GCPText])] = [
        (.srcCloudService, [.sourceService]), (.dstCloudService, [.destinationService]),
        (.srcCloudProject, [.sourceProject, .sourceVpcProject, .sourceGatewayProject]),
        (.dstCloudProject, [.destinationProject, .destinationVpcProject, .destinationGatewayProject]),
        (.srcCloudRegion, [.sourceRegion, .sourceSubnetRegion, .sourceGatewayLocation]),
        (.dstCloudRegion, [.destinationRegion, .destinationSubnetRegion, .destinationGatewayLocation]),
        (.srcCloudZone, [.sourceZone]), (.dstCloudZone, [.destinationZone]),
        (.srcCloudVpc, [.sourceVpc, .sourceGatewayVpc]), (.dstCloudVpc, [.destinationVpc, .destinationGatewayVpc]),
        (.srcCloudSubnet, [.sourceSubnet]), (.dstCloudSubnet, [.destinationSubnet]),
        (.srcCloudInstance, [.sourceInstance]), (.dstCloudInstance, [.destinationInstance]),
        (.srcCloudCluster, [.sourceCluster]), (.dstCloudCluster, [.destinationCluster]),
        (.srcCloudNamespace, [.sourceNamespace]), (.dstCloudNamespace, [.destinationNamespace]),
        (.srcCloudPod, [.sourcePod]), (.dstCloudPod, [.destinationPod]),
        (.srcCloudWorkload, [.sourceWorkload]), (.dstCloudWorkload, [.destinationWorkload]),
    ]

    /// Columns of the end that reported the entry: those of the source, and those of the destination.
    static let ofReporter: [(column: FlowColumn, source: [GCPText], destination: [GCPText])] = [
        (
            .cloudRegion, [.sourceRegion, .sourceSubnetRegion, .sourceGatewayLocation],
            [.destinationRegion, .destinationSubnetRegion, .destinationGatewayLocation]
        ),
        (.cloudZone, [.sourceZone], [.destinationZone]),
        (.cloudVpc, [.sourceVpc, .sourceGatewayVpc], [.destinationVpc, .destinationGatewayVpc]),
        (.cloudSubnet, [.sourceSubnet], [.destinationSubnet]),
        (.cloudInterface, [.sourceGateway], [.destinationGateway]),
        (.cloudInstance, [.sourceInstance], [.destinationInstance]),
        (.cloudCluster, [.sourceCluster], [.destinationCluster]),
        (.cloudWorkload, [.sourceWorkload], [.destinationWorkload]),
        (.cloudTask, [.sourcePod], [.destinationPod]),
    ]
}

/// The hash of a path of names, grown name by name, so that looking up a field
/// costs no text. A document that is made so that two of its paths collide
/// misleads nobody but about itself.
typealias PathHash = FNV1a

extension PathHash {
    /// The path one name further.
    func appending(_ bytes: Span<UInt8>, _ name: Range<Int>, isFirst: Bool) -> PathHash {
        var hash = self
        if !isFirst { hash.add(UInt8(ascii: ".")) }
        for index in name { hash.add(bytes[index]) }
        return hash
    }
}
