/// Manifests of one server with its own store.
struct KubernetesFiles {
    var image: String
    var namespace: String
    var host: String?
    var storage: String
    var memory: String

    /// - Throws: ``UsageError`` for a text that is none of what Kubernetes takes there.
    init(image: String, namespace: String, host: String?, storage: String, memory: String) throws(UsageError) {
        guard !image.isEmpty, image.allSatisfy({ $0.isASCII && !$0.isWhitespace && !"\"'\\#{}[]".contains($0) }) else {
            throw UsageError("--image: give a name such as registry.example/netmeta:1.0")
        }
        guard Self.isName(namespace, most: 63, dots: false) else {
            throw UsageError("--namespace: lower-case letters, digits and -, at most 63")
        }
        if let host, !Self.isName(host, most: 253, dots: true) {
            throw UsageError("--host: give a host name such as netmeta.example.net")
        }
        for (name, amount) in [("storage", storage), ("memory", memory)] {
            guard amount.wholeMatch(of: /[1-9][0-9]{0,5}(Mi|Gi|Ti)/) != nil else {
                throw UsageError("--\(name): give an amount such as 200Gi")
            }
        }
        self.image = image
        self.namespace = namespace
        self.host = host
        self.storage = storage
        self.memory = memory
    }

    private static func isName(_ text: String, most: Int, dots: Bool) -> Bool {
        let parts = dots ? text.split(separator: ".", omittingEmptySubsequences: false) : [text[...]]
        return text.utf8.count <= most
            && parts.allSatisfy { $0.wholeMatch(of: /[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?/) != nil }
    }

    var files: [DeployFile] {
        [DeployFile(path: "netmeta.yaml", text: documents.joined(separator: "---\n"))]
    }

    private var documents: [String] {
        [space, settings, set, flows(of: nil), console, budget, policy]
            + (host.map { [ingress($0, to: "netmeta")] } ?? [])
    }

    var space: String {
        """
        apiVersion: v1
        kind: Namespace
        metadata:
          name: \(namespace)
          labels:
            pod-security.kubernetes.io/enforce: restricted

        """
    }

    /// The console is reached through the Service, so that it listens beyond loopback and wants users.
    private var settings: String {
        """
        # console.listen reaches beyond loopback, so that users are needed: `netmeta user hash NAME` prints a line for
        # auth.users; without one the server says so and doesn't start.
        apiVersion: v1
        kind: Secret
        metadata:
          name: netmeta
          namespace: \(namespace)
        type: Opaque
        stringData:
          netmeta.yaml: |
            console:
              listen: "0.0.0.0:8080"
            auth:
              users: {}

        """
    }

    private var set: String {
        """
        apiVersion: apps/v1
        kind: StatefulSet
        metadata:
          name: netmeta
          namespace: \(namespace)
          labels: {app.kubernetes.io/name: netmeta}
        spec:
          serviceName: netmeta
          # One folder is served by one process.
          replicas: 1
          selector:
            matchLabels: {app.kubernetes.io/name: netmeta}
          template:
            metadata:
              labels: {app.kubernetes.io/name: netmeta}
              annotations:
                prometheus.io/scrape: "true"
                prometheus.io/port: "8080"
            spec:
              automountServiceAccountToken: false
              # What was received is stored before it ends.
              terminationGracePeriodSeconds: 90
        \(podSecurity.indented(6))
              containers:
                - name: netmeta
                  image: "\(image)"
                  args: [serve, --config, /etc/netmeta/netmeta.yaml, --data, /var/lib/netmeta]
                  ports:
        \(flowPorts.indented(12))
                    - {name: console, containerPort: 8080, protocol: TCP}
        \(container.indented(10))
                  volumeMounts:
                    - {name: data, mountPath: /var/lib/netmeta}
                    - {name: settings, mountPath: /etc/netmeta, readOnly: true}
                    - {name: tmp, mountPath: /tmp}
              volumes:
                - name: settings
                  secret: {secretName: netmeta}
                - name: tmp
                  emptyDir: {}
          volumeClaimTemplates:
            - metadata:
                name: data
              spec:
                accessModes: [ReadWriteOnce]
                resources:
                  requests: {storage: \(storage)}

        """
    }

    /// Where flows are taken.
    var flowPorts: String {
        """
        - {name: netflow, containerPort: 2055, protocol: UDP}
        - {name: ipfix, containerPort: 4739, protocol: UDP}
        - {name: ipfix-tcp, containerPort: 4739, protocol: TCP}
        - {name: sflow, containerPort: 6343, protocol: UDP}
        """
    }

    /// What a pod may.
    var podSecurity: String {
        """
        securityContext:
          runAsNonRoot: true
          runAsUser: 10001
          runAsGroup: 10001
          fsGroup: 10001
          seccompProfile: {type: RuntimeDefault}
        """
    }

    /// Probes, amounts and rights of a container of any role.
    var container: String {
        """
        startupProbe:
          httpGet: {path: /healthz, port: console}
          periodSeconds: 5
          failureThreshold: 60
        readinessProbe:
          httpGet: {path: /readyz, port: console}
          periodSeconds: 10
        livenessProbe:
          httpGet: {path: /healthz, port: console}
          periodSeconds: 20
          failureThreshold: 6
        resources:
          requests: {cpu: "1", memory: \(memory)}
          limits: {memory: \(memory)}
        securityContext:
          allowPrivilegeEscalation: false
          readOnlyRootFilesystem: true
          capabilities: {drop: [ALL]}
        """
    }

    /// - Parameter component: whose pods take flows; nil for all.
    func flows(of component: String?) -> String {
        let selector = component.map { ", app.kubernetes.io/component: \($0)" } ?? ""
        // One collector reads all that an exporter sends, templates and data.
        let affinity = component == nil ? "" : "  sessionAffinity: ClientIP\n"
        return """
            # Exporters are told apart by their address: Local keeps it.
            apiVersion: v1
            kind: Service
            metadata:
              name: netmeta-flows
              namespace: \(namespace)
              labels: {app.kubernetes.io/name: netmeta}
            spec:
              type: LoadBalancer
              externalTrafficPolicy: Local
            \(affinity)\
              selector: {app.kubernetes.io/name: netmeta\(selector)}
              ports:
                - {name: netflow, port: 2055, targetPort: netflow, protocol: UDP}
                - {name: ipfix, port: 4739, targetPort: ipfix, protocol: UDP}
                - {name: sflow, port: 6343, targetPort: sflow, protocol: UDP}

            """
    }

    private var console: String {
        """
        apiVersion: v1
        kind: Service
        metadata:
          name: netmeta
          namespace: \(namespace)
          labels: {app.kubernetes.io/name: netmeta}
        spec:
          selector: {app.kubernetes.io/name: netmeta}
          ports:
            - {name: console, port: 8080, targetPort: console, protocol: TCP}

        """
    }

    private var budget: String {
        """
        apiVersion: policy/v1
        kind: PodDisruptionBudget
        metadata:
          name: netmeta
          namespace: \(namespace)
        spec:
          maxUnavailable: 1
          selector:
            matchLabels: {app.kubernetes.io/name: netmeta}

        """
    }

    private var policy: String {
        """
        # Flows from anywhere; the console from this namespace and from those of Ingress controllers that wear the label.
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata:
          name: netmeta
          namespace: \(namespace)
        spec:
          podSelector:
            matchLabels: {app.kubernetes.io/name: netmeta}
          policyTypes: [Ingress]
          ingress:
            - ports:
                - {port: 2055, protocol: UDP}
                - {port: 4739, protocol: UDP}
                - {port: 4739, protocol: TCP}
                - {port: 6343, protocol: UDP}
            - from:
                - podSelector: {}
                - namespaceSelector:
                    matchLabels: {netmeta/console: allowed}
              ports:
                - {port: 8080, protocol: TCP}

        """
    }

    func ingress(_ host: String, to service: String) -> String {
        """
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata:
          name: netmeta
          namespace: \(namespace)
        spec:
          tls:
            - hosts: [\(host)]
              secretName: netmeta-tls
          rules:
            - host: \(host)
              http:
                paths:
                  - path: /
                    pathType: Prefix
                    backend:
                      service:
                        name: \(service)
                        port: {name: console}

        """
    }
}

extension String {
    /// Each line further in by so many spaces; empty ones stay empty.
    func indented(_ spaces: Int) -> String {
        split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.isEmpty ? "" : String(repeating: " ", count: spaces) + $0 }
            .joined(separator: "\n")
    }
}
