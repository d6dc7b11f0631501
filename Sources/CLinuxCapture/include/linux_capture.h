// System calls that the Glibc module of Swift doesn't import: recvmmsg and
// sendmmsg with their nested structures, SO_MEMINFO and adjtimex.
#ifndef NETMETA_LINUX_CAPTURE_H
#define NETMETA_LINUX_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <netinet/in.h>

/// One received datagram: where it lies in the receiver's buffer and who sent it.
typedef struct {
    const uint8_t *bytes;
    uint32_t length;
    /// 16 bytes as two big-endian words in memory order; IPv4 as ::ffff:a.b.c.d.
    uint64_t address_high, address_low;
    uint16_t port;
    /// Whether the datagram was longer than the buffer and was cut.
    uint8_t truncated;
} netmeta_datagram;

/// A socket's buffers for receiving many datagrams with one call.
typedef struct netmeta_receiver netmeta_receiver;

/// Makes buffers for `count` datagrams of up to `size` bytes; NULL when out of memory.
netmeta_receiver *netmeta_receiver_create(int fd, unsigned count, unsigned size);
void netmeta_receiver_destroy(netmeta_receiver *receiver);

/// Waits for at least one datagram (SO_RCVTIMEO limits it) and takes those
/// that are there. Returns how many, 0 when the time ran out or a signal came, or -errno.
int netmeta_receive(netmeta_receiver *receiver);

/// The datagrams of the last call.
const netmeta_datagram *netmeta_datagrams(const netmeta_receiver *receiver);

/// A socket's receive queue as the kernel sees it at this moment, in its own reckoning of memory.
typedef struct {
    uint32_t used, size;
    /// Datagrams dropped at this socket since it was opened; wraps.
    uint32_t drops;
} netmeta_socket_queue;

/// Looks at a socket's queue (SO_MEMINFO, Linux 4.12); may be called on any thread. Returns 0 or -errno.
///
/// SO_RXQ_OVFL tells the drops only with the next datagram, and so never those after the last one.
int netmeta_queue(int fd, netmeta_socket_queue *queue);

/// Whether the system's clock follows another one (NTP, PTP).
typedef struct {
    uint8_t synchronised;
    /// How far off it may be, by its own estimate.
    int64_t most_error_microseconds;
} netmeta_clock_state;

/// Asks the kernel about its clock (adjtimex). Returns 0 or -errno.
int netmeta_clock(netmeta_clock_state *state);

/// A datagram to send.
typedef struct {
    const void *bytes;
    uint32_t length;
} netmeta_outgoing;

/// Sends up to 1024 datagrams on a connected socket with one call. Returns how many were sent, or -errno.
///
/// With `segmented`, up to 128 of them, and neighbours of equal length go to the kernel as one message, which it takes
/// apart (UDP_SEGMENT): they arrive as they were, for half of the sender's cost. Each must fit into the path's MTU.
int netmeta_send(int fd, const netmeta_outgoing *datagrams, unsigned count, bool segmented);

#endif
