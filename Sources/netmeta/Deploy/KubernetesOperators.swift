/// The resources that operators make Kafka and ClickHouse of: Strimzi's (kafka.strimzi.io/v1) and Altinity's
/// (clickhouse.altinity.com/v1).
extension KubernetesRoles {
    /// Copies of each message, and how many of them are waited for.
    private var copies: (all: Int, waited: Int) { (min(3, numbers.brokers), min(2, numbers.brokers)) }

    var kafka: [String] {
        [
            """
            # For Strimzi 0.49 and newer. Each node votes and keeps messages; all of it within TLS and by name and password.
            apiVersion: kafka.strimzi.io/v1
            kind: KafkaNodePool
            metadata:
              name: netmeta
              namespace: \(parts.namespace)
              labels: {strimzi.io/cluster: netmeta}
            spec:
              replicas: \(numbers.brokers)
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
              namespace: \(parts.namespace)
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
              namespace: \(parts.namespace)
              labels: {strimzi.io/cluster: netmeta}
            spec:
              partitions: \(max(12, numbers.stores))
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
              namespace: \(parts.namespace)
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

    var clickhouse: [String] { (numbers.replicas > 1 ? [keeper] : []) + [installation] }

    private var keeper: String {
        """
        apiVersion: clickhouse-keeper.altinity.com/v1
        kind: ClickHouseKeeperInstallation
        metadata:
          name: netmeta
          namespace: \(parts.namespace)
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
            numbers.replicas > 1
            ? """
            # Before the stores start, make the tables on all replicas:
            #   netmeta schema --as sql --cluster netmeta --replicated |
            #     kubectl -n \(parts.namespace) exec -i chi-netmeta-netmeta-0-0-0 -- clickhouse-client --multiquery

            """ : ""
        let keeper =
            numbers.replicas > 1
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
              namespace: \(parts.namespace)
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
                    layout: {shardsCount: 1, replicasCount: \(numbers.replicas)}
              defaults:
                templates: {dataVolumeClaimTemplate: data}
              templates:
                volumeClaimTemplates:
                  - name: data
                    spec:
                      accessModes: [ReadWriteOnce]
                      resources:
                        requests: {storage: \(storage)}

            """
    }
}
