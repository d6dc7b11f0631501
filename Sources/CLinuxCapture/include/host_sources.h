// The kernel's own sources of flows: netlink sockets, packet rings, network
// namespaces and capabilities, none of which the Glibc module of Swift imports.
#ifndef NETMETA_HOST_SOURCES_H
#define NETMETA_HOST_SOURCES_H

#include <stdbool.h>
#include <stdint.h>

// All return 0 or what is said, or -errno.

/// Moves the calling thread, and no other, into the network namespace that a path such as /run/netns/blue stands for.
int netmeta_enter_namespace(const char *path);

/// Gives up all capabilities of the calling thread, and of threads that it starts later, but those of a mask.
int netmeta_keep_capabilities(uint64_t mask);

/// The same for all threads of the process, but those that did it for themselves. One call at a time; it takes the
/// signal SIGPROF for the rest of the process's life. Returns -ETIMEDOUT when a thread doesn't answer.
int netmeta_keep_capabilities_everywhere(uint64_t mask);

/// The effective capabilities of the calling thread.
int netmeta_capabilities(uint64_t *mask);

/// Finds the processes that have sockets of these numbers, which are sorted: 0 for those of which none was found.
///
/// `most` bounds the descriptors that are looked at, of all processes.
int netmeta_process_sockets(const uint32_t *inodes, uint32_t count, uint32_t *processes, uint32_t most);

/// Opens a netlink socket, bound, and a member of the groups of a mask; reading waits for up to 100 ms.
///
/// `buffer` bytes of receive buffer are asked for; those that were granted come back in it. Returns the socket.
int netmeta_netlink_open(int protocol, uint32_t groups, uint32_t *buffer);

/// Sends a request to the kernel.
int netmeta_netlink_send(int fd, const void *bytes, uint32_t length);

/// Waits for messages of the kernel. Returns how many bytes came: 0 when none did in time or somebody else sent them;
/// -ENOBUFS when the kernel dropped some, -EMSGSIZE when they don't fit.
int netmeta_netlink_receive(int fd, void *bytes, uint32_t size);

/// A ring that the kernel writes frames into (AF_PACKET, TPACKET_V3), and its socket.
typedef struct netmeta_ring netmeta_ring;

/// What a ring is made for.
typedef struct {
    uint32_t interface;
    /// One of so many frames is taken, by a random number of the kernel; 1 takes all.
    uint32_t rate;
    /// Bytes of each frame that are kept.
    uint32_t snap;
    /// Blocks, and the size of each, a multiple of the page's.
    uint32_t blocks, block_size;
    /// Sockets that share the interface's frames: 0 none, 1 the first of them, 2 one of the group `fanout_id`.
    uint8_t fanout;
    uint16_t fanout_id;
    bool promiscuous;
    /// Whether frames that this host sends are left out.
    bool ignore_outgoing;
} netmeta_ring_options;

/// One frame of a ring; its bytes are there until the next call of `netmeta_ring_next`.
typedef struct {
    const uint8_t *bytes;
    /// Bytes that are there, and bytes of the frame without the tag that the kernel took off.
    uint32_t captured, length;
    uint32_t seconds, nanoseconds;
    uint32_t interface;
    uint16_t tag, tag_type;
    /// The size of the segments that the frame will be cut into, or was put together from; 0 for a plain frame.
    uint16_t segment;
    /// ARPHRD_ of if_arp.h.
    uint16_t hardware;
    uint8_t has_tag;
    /// PACKET_ of if_packet.h; 4 was sent by this host.
    uint8_t direction;
} netmeta_frame;

/// Makes a ring; -errno comes back in `error` with NULL. With fanout 1 the group's number comes back in the options.
netmeta_ring *netmeta_ring_create(netmeta_ring_options *options, int *error);
void netmeta_ring_destroy(netmeta_ring *ring);

/// The ring's socket, for poll.
int netmeta_ring_socket(const netmeta_ring *ring);

/// The next frame of the block that is being read. Returns 1, or 0 when there is none for now.
int netmeta_ring_next(netmeta_ring *ring, netmeta_frame *frame);

/// Takes the socket's pending error: 0, or -ENETDOWN when the interface is gone.
int netmeta_ring_error(const netmeta_ring *ring);

/// What the kernel counted since the last call: frames that passed the filter, with those it dropped, and
/// how often the ring was full.
int netmeta_ring_statistics(netmeta_ring *ring, uint32_t *frames, uint32_t *drops, uint32_t *freezes);

#endif
