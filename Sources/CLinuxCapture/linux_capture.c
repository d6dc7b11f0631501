#define _GNU_SOURCE
#include "linux_capture.h"

#include <errno.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timex.h>

// Sizes of datagrams are powers of two, and what lies that far apart falls into the same few lines of the processor's
// caches: 64 datagrams would push each other out before they are read. So many bytes more spread them.
enum { off_the_round_size = 25 * 64 };

struct netmeta_receiver {
    int fd;
    unsigned count;
    uint8_t *buffer;
    struct mmsghdr *messages;
    struct iovec *vectors;
    struct sockaddr_in6 *names;
    netmeta_datagram *datagrams;
};

netmeta_receiver *netmeta_receiver_create(int fd, unsigned count, unsigned size) {
    netmeta_receiver *self = calloc(1, sizeof *self);
    if (!self) return NULL;
    self->fd = fd;
    self->count = count;
    size_t distance = (size_t)size + off_the_round_size;
    self->buffer = malloc(count * distance);
    self->messages = calloc(count, sizeof *self->messages);
    self->vectors = calloc(count, sizeof *self->vectors);
    self->names = calloc(count, sizeof *self->names);
    self->datagrams = calloc(count, sizeof *self->datagrams);
    if (!self->buffer || !self->messages || !self->vectors || !self->names || !self->datagrams) {
        netmeta_receiver_destroy(self);
        return NULL;
    }
    for (unsigned i = 0; i < count; i++) {
        self->vectors[i] = (struct iovec){self->buffer + i * distance, size};
        self->messages[i].msg_hdr = (struct msghdr){
            .msg_name = &self->names[i], .msg_iov = &self->vectors[i], .msg_iovlen = 1,
        };
    }
    return self;
}

void netmeta_receiver_destroy(netmeta_receiver *self) {
    if (!self) return;
    free(self->buffer);
    free(self->messages);
    free(self->vectors);
    free(self->names);
    free(self->datagrams);
    free(self);
}

static void note_sender(netmeta_datagram *datagram, const struct sockaddr_in6 *name) {
    if (name->sin6_family == AF_INET6) {
        memcpy(&datagram->address_high, &name->sin6_addr, 8);
        memcpy(&datagram->address_low, (const uint8_t *)&name->sin6_addr + 8, 8);
        datagram->port = ntohs(name->sin6_port);
    } else {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)name;
        uint8_t mapped[16] = {[10] = 0xff, [11] = 0xff};
        memcpy(mapped + 12, &v4->sin_addr, 4);
        memcpy(&datagram->address_high, mapped, 8);
        memcpy(&datagram->address_low, mapped + 8, 8);
        datagram->port = ntohs(v4->sin_port);
    }
}

int netmeta_receive(netmeta_receiver *self) {
    for (unsigned i = 0; i < self->count; i++) {
        self->messages[i].msg_hdr.msg_namelen = sizeof *self->names;
    }
    int received = recvmmsg(self->fd, self->messages, self->count, MSG_WAITFORONE, NULL);
    if (received < 0) return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? 0 : -errno;
    for (int i = 0; i < received; i++) {
        netmeta_datagram *datagram = &self->datagrams[i];
        datagram->bytes = self->vectors[i].iov_base;
        datagram->length = self->messages[i].msg_len;
        datagram->truncated = (self->messages[i].msg_hdr.msg_flags & MSG_TRUNC) != 0;
        note_sender(datagram, &self->names[i]);
    }
    return received;
}

const netmeta_datagram *netmeta_datagrams(const netmeta_receiver *self) { return self->datagrams; }

int netmeta_queue(int fd, netmeta_socket_queue *queue) {
    // The kernel's enum of these places, which its header for programs gives with a clash of names.
    enum { rmem_alloc = 0, rcvbuf = 1, drops = 8, places = 9 };
    uint32_t values[places] = {0};
    socklen_t length = sizeof values;
    if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, values, &length) != 0) return -errno;
    // An older kernel knows fewer places, and none for drops.
    if (length < sizeof values) return -ENOPROTOOPT;
    *queue = (netmeta_socket_queue){.used = values[rmem_alloc], .size = values[rcvbuf], .drops = values[drops]};
    return 0;
}

int netmeta_clock(netmeta_clock_state *state) {
    struct timex time = {0};
    int result = adjtimex(&time);
    if (result < 0) return -errno;
    state->synchronised = result != TIME_ERROR && !(time.status & STA_UNSYNC);
    state->most_error_microseconds = time.maxerror;
    return 0;
}

// How many of the first datagrams can go as one message: of equal length, but for the last, which may be shorter.
static unsigned run_of_segments(const netmeta_outgoing *datagrams, unsigned count) {
    enum { most_segments = 64, most_bytes = 65000 };
    uint32_t length = datagrams[0].length, bytes = length;
    unsigned run = 1;
    while (run < count && run < most_segments && datagrams[run].length <= length) {
        bytes += datagrams[run].length;
        if (bytes > most_bytes) break;
        run++;
        if (datagrams[run - 1].length < length) break;
    }
    return run;
}

int netmeta_send(int fd, const netmeta_outgoing *datagrams, unsigned count, bool segmented) {
    enum { most = 1024, most_segmented = 128 };
    struct mmsghdr messages[most];
    struct iovec vectors[most];
    union {
        char bytes[CMSG_SPACE(sizeof(uint16_t))];
        struct cmsghdr align;
    } controls[most_segmented];
    unsigned limit = segmented ? most_segmented : most;
    if (count > limit) count = limit;
    memset(messages, 0, count * sizeof *messages);
    unsigned runs = 0;
    for (unsigned i = 0; i < count; runs++) {
        unsigned run = segmented ? run_of_segments(&datagrams[i], count - i) : 1;
        struct msghdr *header = &messages[runs].msg_hdr;
        header->msg_iov = &vectors[i];
        header->msg_iovlen = run;
        if (run > 1) {
            header->msg_control = controls[runs].bytes;
            header->msg_controllen = sizeof controls[runs].bytes;
            struct cmsghdr *control = CMSG_FIRSTHDR(header);
            *control = (struct cmsghdr){
                .cmsg_level = SOL_UDP, .cmsg_type = UDP_SEGMENT, .cmsg_len = CMSG_LEN(sizeof(uint16_t)),
            };
            uint16_t length = (uint16_t)datagrams[i].length;
            memcpy(CMSG_DATA(control), &length, sizeof length);
        }
        for (unsigned end = i + run; i < end; i++) {
            vectors[i] = (struct iovec){(void *)datagrams[i].bytes, datagrams[i].length};
        }
    }
    int sent = sendmmsg(fd, messages, runs, 0);
    // A kernel that doesn't take them apart, or an MTU that is less than the loopback's usual 64 KiB.
    if (sent < 0 && segmented && (errno == EINVAL || errno == EMSGSIZE || errno == EIO)) {
        return netmeta_send(fd, datagrams, count, false);
    }
    if (sent < 0) return -errno;
    int taken = 0;
    for (int i = 0; i < sent; i++) taken += (int)messages[i].msg_hdr.msg_iovlen;
    return taken;
}
