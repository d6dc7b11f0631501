// @ts-check
// The lines that make common exporters send to us. Data only; Docs tell which of them were run.

/**
 * @typedef {object} Snippet
 * @property {string} name
 * @property {string} tested what was tried, or that nothing was
 * @property {"flow"|"sflow"} port which listener it needs
 * @property {(host: string, port: string) => string} lines
 * @property {string} [after] what is left to do
 */

const FROM_MANUAL = "From the vendor's documentation; not tested on hardware.";

/** @type {Snippet[]} */
export const SNIPPETS = [
    {
        name: "softflowd",
        tested: "Measures one interface of a Linux or BSD host and sends IPFIX. Long flows are reported every 60 s.",
        port: "flow",
        lines: (host, port) => `softflowd -i eth0 -v 10 -t maxlife=60 -n ${bracket(host)}:${port}`,
        after: "Replace eth0 by the interface to measure; -v 5 and -v 9 send NetFlow.",
    },
    {
        name: "pmacct",
        tested: "Measures one interface of a Linux or BSD host and sends IPFIX.",
        port: "flow",
        lines: (host, port) =>
            `! /etc/pmacct/pmacctd.conf
pcap_interface: eth0
aggregate: src_host, dst_host, src_port, dst_port, proto, tos, tcpflags
plugins: nfprobe
nfprobe_receiver: ${bracket(host)}:${port}
nfprobe_version: 10
nfprobe_timeouts: expint=10:maxlife=60`,
        after: "Start it with: pmacctd -f /etc/pmacct/pmacctd.conf",
    },
    {
        name: "hsflowd",
        tested: "Samples one interface of a Linux host and sends sFlow.",
        port: "sflow",
        lines: (host, port) =>
            `# /etc/hsflowd.conf
sflow {
  polling = 20
  sampling = 400
  collector { ip=${host} udpport=${port} }
  pcap { dev=eth0 }
}`,
        after: "Restart hsflowd. One of 400 packets is sampled.",
    },
    {
        name: "Cisco IOS XE",
        tested: FROM_MANUAL,
        port: "flow",
        lines: (host, port) =>
            `flow exporter NETMETA
 destination ${host}
 transport udp ${port}
 export-protocol ipfix
 template data timeout 60
 option interface-table timeout 300
 option sampler-table timeout 300
!
flow record NETMETA-V4
 match ipv4 protocol
 match ipv4 source address
 match ipv4 destination address
 match transport source-port
 match transport destination-port
 match interface input
 collect interface output
 collect counter bytes long
 collect counter packets long
 collect transport tcp flags
 collect timestamp absolute first
 collect timestamp absolute last
!
flow monitor NETMETA-V4
 exporter NETMETA
 cache timeout active 60
 record NETMETA-V4
!
interface GigabitEthernet1
 ip flow monitor NETMETA-V4 input`,
        after: "Attach the monitor to each interface that traffic enters by; IPv6 takes a second record and monitor.",
    },
    {
        name: "Junos",
        tested: FROM_MANUAL,
        port: "flow",
        lines: (host, port) =>
            `set services flow-monitoring version-ipfix template NETMETA ipv4-template
set services flow-monitoring version-ipfix template NETMETA flow-active-timeout 60
set services flow-monitoring version-ipfix template NETMETA template-refresh-rate seconds 60
set services flow-monitoring version-ipfix template NETMETA option-refresh-rate seconds 60
set forwarding-options sampling instance NETMETA input rate 1000
set forwarding-options sampling instance NETMETA family inet output flow-server ${host} port ${port}
set forwarding-options sampling instance NETMETA family inet output flow-server ${host} version-ipfix template NETMETA
set forwarding-options sampling instance NETMETA family inet output inline-jflow source-address 192.0.2.1
set chassis fpc 0 sampling-instance NETMETA
set interfaces ge-0/0/0 unit 0 family inet sampling input`,
        after:
            "MX with inline flow monitoring. 192.0.2.1 stands for the router's own address, fpc 0 and ge-0/0/0 for yours.",
    },
    {
        name: "Arista EOS",
        tested: FROM_MANUAL,
        port: "sflow",
        lines: (host, port) =>
            `sflow sample 16384
sflow polling-interval 20
sflow destination ${host} ${port}
sflow source-interface Management1
sflow run`,
        after: "Samples every interface. Rates under 16384 need “sflow sample dangerous” on most models.",
    },
    {
        name: "MikroTik",
        tested: FROM_MANUAL,
        port: "flow",
        lines: (host, port) =>
            `/ip traffic-flow set enabled=yes interfaces=all active-flow-timeout=1m
/ip traffic-flow target add dst-address=${host} port=${port} version=ipfix`,
        after: "RouterOS 7. Only traffic that the router's CPU forwards is measured.",
    },
    {
        name: "Other",
        tested: "Any exporter of NetFlow v5, NetFlow v9, IPFIX or sFlow v5 over UDP.",
        port: "flow",
        lines: (host, port) =>
            `collector address   ${host}
collector port      ${port}/udp
active timeout      60 s
template timeout    60 s
options             sampling rate and interface names, where it can send them`,
        after: "Each listener recognises all four protocols.",
    },
];

/** @param {string} host an IPv6 address in front of a port stands in brackets */
function bracket(host) {
    return host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
}
