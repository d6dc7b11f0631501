/// Manifests of collectors, stores and a console of their own, with Kafka between them and ClickHouse behind, which two
/// operators run: Strimzi's (kafka.strimzi.io/v1) and Altinity's (clickhouse.altinity.com/v1).
struct KubernetesRoles {
    /// Image, namespace, host and sizes, which have been checked.
    var base: KubernetesFiles
    var collectors: Int
    var stores: Int
    var brokers: Int
    /// Copies of the rows; more than one needs Keeper and replicated tables.
    var replicas: Int

    /// - Throws: ``UsageError`` for numbers that don't fit each other.
    init(base: KubernetesFiles, collectors: Int, stores: Int, brokers: Int, replicas: Int) throws(UsageError) {
        for (name, number, most) in [
            ("collectors", collectors, 100), ("stores", stores, 100), ("brokers", brokers, 99),
            ("replicas", replicas, 9),
        ] {
            guard (1...most).contains(number) else { throw UsageError("--\(name): 1 to \(most)") }
        }
        guard brokers == 1 || brokers == 2 || !brokers.isMultiple(of: 2) else {
            throw UsageError("--brokers: an odd number, since the brokers vote")
        }
        self.base = base
        self.collectors = collectors
        self.stores = stores
        self.brokers = brokers
        self.replicas = replicas
    }

    /// A file a part, in the order in which they are applied.
    var files: [DeployFile] {
        let parts: [(String, [String])] = [
            ("1-namespace", [base.space, settings]),
            ("2-kafka", kafka),
            ("3-clickhouse", clickhouse),
            (
                "4-collector",
                [collector, base.flows(of: "collector"), service(of: "collector"), budget(of: "collector")]
            ),
            ("5-store", [store, service(of: "store"), budget(of: "store")]),
            ("6-console", [console, service(of: "console")] + ingress),
            ("7-network", [policy]),
        ]
        return parts.map { DeployFile(path: "\($0.0).yaml", text: $0.1.joined(separator: "---\n")) }
    }

    private var ingress: [String] { base.host.map { [base.ingress($0, to: "netmeta-console")] } ?? [] }

    // MARK: - Settings

    /// Stores that one server of the installation answers for, or its replicas.
    private var servers: String {
        (0..<replicas).map { "\"http://chi-netmeta-netmeta-0-\($0):8123\"" }.joined(separator: ", ")
    }

    private var settings: String {
        """
        # The same for every role. console.listen reaches beyond loopback, so that users are needed: `netmeta user hash
        # NAME` prints a line for auth.users; without one the servers say so and don't start.
        # The Secret netmeta-clickhouse is yours to make, before ClickHouse starts:
        #   kubectl -n \(base.namespace) create secret generic netmeta-clickhouse --from-literal=password="$(openssl rand -hex 24)"
        apiVersion: v1
        kind: Secret
        metadata:
          name: netmeta
          namespace: \(base.namespace)
        type: Opaque
        stringData:
          netmeta.yaml: |
            console:
              listen: "0.0.0.0:8080"
            auth:
              users: {}
            kafka:
              brokers: ["netmeta-kafka-bootstrap:9093"]
              topic: flow-messages
              group: netmeta
              flowsPerMessage: 100
              tls: true
              tlsAuthority: /etc/netmeta-kafka-ca/ca.crt
              sasl: scram-sha-512
              user: netmeta-flows
              password: {file: /etc/netmeta-kafka/password}
            store:
              kind: clickhouse
              servers: [\(servers)]
              user: netmeta
              password: {file: /etc/netmeta-clickhouse/password}

        """
    }

    // MARK: - Roles

    /// A volume each: what brokers don't take waits there.
    private var collector: String {
        """
        apiVersion: apps/v1
        kind: StatefulSet
        metadata:
          name: netmeta-collector
          namespace: \(base.namespace)
          labels: {app.kubernetes.io/name: netmeta, app.kubernetes.io/component: collector}
        spec:
          serviceName: netmeta-collector
          replicas: \(collectors)
          podManagementPolicy: Parallel
          selector:
            matchLabels: {app.kubernetes.io/name: netmeta, app.kubernetes.io/component: collector}
          template:
        \(pod("collector", ports: base.flowPorts, data: nil).indented(4))
          volumeClaimTemplates:
            - metadata:
                name: data
              spec:
                accessModes: [ReadWriteOnce]
                resources:
                  requests: {storage: 20Gi}

        """
    }

    /// Nothing of its own: what isn't stored stays in the topic.
    private var store: String {
        """
        # Of messages that nobody can read the pod keeps the newest only while it lives (kafka-aside.ndjson).
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: netmeta-store
          namespace: \(base.namespace)
          labels: {app.kubernetes.io/name: netmeta, app.kubernetes.io/component: store}
        spec:
          replicas: \(stores)
          selector:
            matchLabels: {app.kubernetes.io/name: netmeta, app.kubernetes.io/component: store}
          template:
        \(pod("store", ports: "", data: "emptyDir: {sizeLimit: 5Gi}").indented(4))

        """
    }

    /// One, with a volume: sessions, saved views and the audit log are there.
    private var console: String {
        """
        apiVersion: apps/v1
        kind: StatefulSet
        metadata:
          name: netmeta-console
          namespace: \(base.namespace)
          labels: {app.kubernetes.io/name: netmeta, app.kubernetes.io/component: console}
        spec:
          serviceName: netmeta-console
          replicas: 1
          selector:
            matchLabels: {app.kubernetes.io/name: netmeta, app.kubernetes.io/component: console}
          template:
        \(pod("console", ports: "", data: nil).indented(4))
          volumeClaimTemplates:
            - metadata:
                name: data
              spec:
                accessModes: [ReadWriteOnce]
                resources:
                  requests: {storage: 1Gi}

        """
    }

    private func pod(_ role: String, ports: String, data: String?) -> String {
        """
        metadata:
          labels: {app.kubernetes.io/name: netmeta, app.kubernetes.io/component: \(role)}
          annotations:
            prometheus.io/scrape: "true"
            prometheus.io/port: "8080"
        spec:
          automountServiceAccountToken: false
          terminationGracePeriodSeconds: 90
          topologySpreadConstraints:
            - maxSkew: 1
              topologyKey: kubernetes.io/hostname
              whenUnsatisfiable: ScheduleAnyway
              labelSelector:
                matchLabels: {app.kubernetes.io/name: netmeta, app.kubernetes.io/component: \(role)}
        \(base.podSecurity.indented(2))
          containers:
            - name: netmeta
              image: "\(base.image)"
              args: [serve, --role, \(role), --config, /etc/netmeta/netmeta.yaml, --data, /var/lib/netmeta]
              ports:
                - {name: console, containerPort: 8080, protocol: TCP}
        \(ports.isEmpty ? "" : ports.indented(8) + "\n")\(base.container.indented(6))
              volumeMounts:
                - {name: data, mountPath: /var/lib/netmeta}
                - {name: settings, mountPath: /etc/netmeta, readOnly: true}
                - {name: kafka, mountPath: /etc/netmeta-kafka, readOnly: true}
                - {name: kafka-ca, mountPath: /etc/netmeta-kafka-ca, readOnly: true}
                - {name: clickhouse, mountPath: /etc/netmeta-clickhouse, readOnly: true}
                - {name: tmp, mountPath: /tmp}
          volumes:
        \(data.map { "    - name: data\n      \($0)\n" } ?? "")\
            - name: settings
              secret: {secretName: netmeta}
            - name: kafka
              secret: {secretName: netmeta-flows}
            - name: kafka-ca
              secret: {secretName: netmeta-cluster-ca-cert}
            - name: clickhouse
              secret: {secretName: netmeta-clickhouse}
            - name: tmp
              emptyDir: {}
        """
    }

    private func service(of role: String) -> String {
        """
        apiVersion: v1
        kind: Service
        metadata:
          name: netmeta-\(role)
          namespace: \(base.namespace)
          labels: {app.kubernetes.io/name: netmeta, app.kubernetes.io/component: \(role)}
        spec:
          selector: {app.kubernetes.io/name: netmeta, app.kubernetes.io/component: \(role)}
          ports:
            - {name: console, port: 8080, targetPort: console, protocol: TCP}

        """
    }

    private func budget(of role: String) -> String {
        """
        apiVersion: policy/v1
        kind: PodDisruptionBudget
        metadata:
          name: netmeta-\(role)
          namespace: \(base.namespace)
        spec:
          maxUnavailable: 1
          selector:
            matchLabels: {app.kubernetes.io/name: netmeta, app.kubernetes.io/component: \(role)}

        """
    }

    private var policy: String {
        """
        # Flows from anywhere to collectors; health, metrics and console from this namespace and from those of Ingress
        # controllers that wear the label. Kafka and ClickHouse have the policies of their operators.
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata:
          name: netmeta-flows
          namespace: \(base.namespace)
        spec:
          podSelector:
            matchLabels: {app.kubernetes.io/name: netmeta, app.kubernetes.io/component: collector}
          policyTypes: [Ingress]
          ingress:
            - ports:
                - {port: 2055, protocol: UDP}
                - {port: 4739, protocol: UDP}
                - {port: 4739, protocol: TCP}
                - {port: 6343, protocol: UDP}
        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata:
          name: netmeta-console
          namespace: \(base.namespace)
        spec:
          podSelector:
            matchLabels: {app.kubernetes.io/name: netmeta}
          policyTypes: [Ingress]
          ingress:
            - from:
                - podSelector: {}
                - namespaceSelector:
                    matchLabels: {netmeta/console: allowed}
              ports:
                - {port: 8080, protocol: TCP}

        """
    }
}

// MARK: - Operators

extension KubernetesRoles {
    /// Copies of each message, and how many of them are waited for.
    private var copies: (all: Int, waited: Int) { (min(3, brokers), min(2, brokers)) }

    private var kafka: [String] {
        [
            """
            # For Strimzi 0.49 and newer. Each node votes and keeps messages; all of it within TLS and by name and password.
            apiVersion: kafka.strimzi.io/v1
            kind: KafkaNodePool
            metadata:
              name: netmeta
              namespace: \(base.namespace)
              labels: {strimzi.io/cluster: netmeta}
            spec:
              replicas: \(brokers)
              roles: [controller, broker]
              storage:
                type: jbod
                volumes:
                  - {id: 0, type: persistent-claim, size: 100Gi, kraftMetadata: shared}

            """,
            """
            apiVersion: kafka.strimzi.io/v1
            kind: Kafka
            metadata:
              name: netmeta
              namespace: \(base.namespace)
            spec:
              kafka:
                listeners:
                  - name: tls
                    port: 9093
                    type: internal
                    tls: true
                    authentication: {type: scram-sha-512}
                authorization: {type: simple}
                config:
                  auto.create.topics.enable: false
                  default.replication.factor: \(copies.all)
                  offsets.topic.replication.factor: \(copies.all)
                  transaction.state.log.replication.factor: \(copies.all)
                  transaction.state.log.min.isr: \(copies.waited)
                  min.insync.replicas: \(copies.waited)
              entityOperator:
                topicOperator: {}
                userOperator: {}

            """,
            """
            # As many partitions as there may ever be stores; kept for as long as stores may be away (here three days).
            apiVersion: kafka.strimzi.io/v1
            kind: KafkaTopic
            metadata:
              name: flow-messages
              namespace: \(base.namespace)
              labels: {strimzi.io/cluster: netmeta}
            spec:
              partitions: \(max(12, stores))
              replicas: \(copies.all)
              config:
                retention.ms: 259200000
                min.insync.replicas: \(copies.waited)

            """,
            """
            # The operator puts the password into the Secret netmeta-flows.
            apiVersion: kafka.strimzi.io/v1
            kind: KafkaUser
            metadata:
              name: netmeta-flows
              namespace: \(base.namespace)
              labels: {strimzi.io/cluster: netmeta}
            spec:
              authentication: {type: scram-sha-512}
              authorization:
                type: simple
                acls:
                  - resource: {type: topic, name: flow-messages, patternType: literal}
                    operations: [Describe, Read, Write]
                  - resource: {type: group, name: netmeta, patternType: literal}
                    operations: [Describe, Read]

            """,
        ]
    }

    private var clickhouse: [String] { (replicas > 1 ? [keeper] : []) + [installation] }

    private var keeper: String {
        """
        apiVersion: clickhouse-keeper.altinity.com/v1
        kind: ClickHouseKeeperInstallation
        metadata:
          name: netmeta
          namespace: \(base.namespace)
        spec:
          configuration:
            clusters:
              - name: netmeta
                layout: {replicasCount: 3}
          defaults:
            templates: {dataVolumeClaimTemplate: data}
          templates:
            volumeClaimTemplates:
              - name: data
                spec:
                  accessModes: [ReadWriteOnce]
                  resources:
                    requests: {storage: 10Gi}

        """
    }

    /// NetMeta makes the tables of one server; those of replicas are made once by hand.
    private var installation: String {
        let head =
            replicas > 1
            ? """
            # Before the stores start, make the tables on all replicas:
            #   netmeta schema --as sql --cluster netmeta --replicated |
            #     kubectl -n \(base.namespace) exec -i chi-netmeta-netmeta-0-0-0 -- clickhouse-client --multiquery

            """ : ""
        let keeper =
            replicas > 1
            ? """
                zookeeper:
                  nodes:
                    - {host: keeper-netmeta, port: 2181}

            """ : ""
        return head
            + """
            apiVersion: clickhouse.altinity.com/v1
            kind: ClickHouseInstallation
            metadata:
              name: netmeta
              namespace: \(base.namespace)
            spec:
              configuration:
            \(keeper)\
                users:
                  netmeta/k8s_secret_password: netmeta-clickhouse/password
                  netmeta/networks/ip: ["::/0"]
                  netmeta/profile: default
                  netmeta/quota: default
                clusters:
                  - name: netmeta
                    layout: {shardsCount: 1, replicasCount: \(replicas)}
              defaults:
                templates: {dataVolumeClaimTemplate: data}
              templates:
                volumeClaimTemplates:
                  - name: data
                    spec:
                      accessModes: [ReadWriteOnce]
                      resources:
                        requests: {storage: \(base.storage)}

            """
    }
}
