#define _GNU_SOURCE
#include "host_sources.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/virtio_net.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

int netmeta_enter_namespace(const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -errno;
    int result = setns(fd, CLONE_NEWNET) == 0 ? 0 : -errno;
    close(fd);
    return result;
}

int netmeta_capabilities(uint64_t *mask) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {0};
    if (syscall(SYS_capget, &header, data) != 0) return -errno;
    *mask = (uint64_t)data[1].effective << 32 | data[0].effective;
    return 0;
}

static int keep(uint64_t mask) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {0};
    if (syscall(SYS_capget, &header, data) != 0) return -errno;
    for (int i = 0; i < 2; i++) {
        uint32_t kept = (uint32_t)(mask >> (32 * i));
        data[i].permitted &= kept;
        data[i].effective = data[i].permitted;
        data[i].inheritable = 0;
    }
    // Otherwise a program that this one starts would get them again; a kernel without them is as good.
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    return syscall(SYS_capset, &header, data) == 0 ? 0 : -errno;
}

// A thread that has chosen for itself keeps that.
static _Thread_local volatile sig_atomic_t has_chosen;

int netmeta_keep_capabilities(uint64_t mask) {
    has_chosen = 1;
    return keep(mask);
}

// MARK: All threads

// The kernel changes the calling thread only, so that each has to do it. A signal makes it: SIGPROF, since the workers
// of libdispatch block all but that one and those of faults.
static _Atomic uint64_t wanted_mask;
static _Atomic pid_t answering_thread;
static _Atomic int answer;

static void on_signal(int signal) {
    (void)signal;
    int code = errno;
    int result = has_chosen ? 0 : keep(atomic_load(&wanted_mask));
    atomic_store(&answer, result);
    atomic_store(&answering_thread, (pid_t)syscall(SYS_gettid));
    errno = code;
}

// Lets one thread do it. Returns 0 also when it has ended; -ETIMEDOUT when it doesn't answer within a second.
static int ask(pid_t thread) {
    atomic_store(&answering_thread, 0);
    if (syscall(SYS_tgkill, getpid(), thread, SIGPROF) != 0) return errno == ESRCH ? 0 : -errno;
    struct timespec pause = {.tv_nsec = 100000};
    for (int i = 0; i < 10000; i++) {
        if (atomic_load(&answering_thread) == thread) return atomic_load(&answer);
        if (syscall(SYS_tgkill, getpid(), thread, 0) != 0) return 0;
        nanosleep(&pause, NULL);
    }
    return -ETIMEDOUT;
}

// Asks all threads that weren't asked before. Returns how many these were.
static int ask_new(pid_t *asked, int *count, int most) {
    DIR *folder = opendir("/proc/self/task");
    if (!folder) return -errno;
    int new = 0, result = 0;
    for (struct dirent *entry; result == 0 && (entry = readdir(folder));) {
        pid_t thread = (pid_t)atoi(entry->d_name);
        if (thread <= 0) continue;
        bool is_known = false;
        for (int i = 0; i < *count; i++) is_known = is_known || asked[i] == thread;
        if (is_known) continue;
        if (*count == most) {
            result = -E2BIG;
            break;
        }
        asked[(*count)++] = thread;
        new ++;
        if (thread != (pid_t)syscall(SYS_gettid)) result = ask(thread);
    }
    closedir(folder);
    return result < 0 ? result : new;
}

int netmeta_keep_capabilities_everywhere(uint64_t mask) {
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigfillset(&action.sa_mask);
    atomic_store(&wanted_mask, mask);
    // It stays: a thread that answers late must not end the process.
    if (sigaction(SIGPROF, &action, NULL) != 0) return -errno;
    int result = keep(mask);
    if (result != 0) return result;
    enum { most_threads = 1024 };
    pid_t asked[most_threads];
    int count = 0;
    // Until there is none that could have been started by one that hadn't done it yet.
    do result = ask_new(asked, &count, most_threads);
    while (result > 0);
    return result;
}

// MARK: Netlink

int netmeta_netlink_open(int protocol, uint32_t groups, uint32_t *buffer) {
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
    if (fd < 0) return -errno;
    int size = (int)*buffer;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0) {
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    }
    socklen_t length = sizeof size;
    // The kernel tells twice what is usable.
    if (getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, &length) == 0) *buffer = (uint32_t)size / 2;
    struct timeval patience = {.tv_usec = 100000};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    struct sockaddr_nl name = {.nl_family = AF_NETLINK, .nl_groups = groups};
    if (bind(fd, (struct sockaddr *)&name, sizeof name) != 0) {
        int code = errno;
        close(fd);
        return -code;
    }
    return fd;
}

int netmeta_netlink_send(int fd, const void *bytes, uint32_t length) {
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    ssize_t sent = sendto(fd, bytes, length, 0, (struct sockaddr *)&kernel, sizeof kernel);
    return sent == (ssize_t)length ? 0 : sent < 0 ? -errno : -EIO;
}

int netmeta_netlink_receive(int fd, void *bytes, uint32_t size) {
    struct sockaddr_nl sender = {0};
    struct iovec vector = {bytes, size};
    struct msghdr message = {
        .msg_name = &sender, .msg_namelen = sizeof sender, .msg_iov = &vector, .msg_iovlen = 1,
    };
    ssize_t count = recvmsg(fd, &message, 0);
    if (count < 0) return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? 0 : -errno;
    if (message.msg_flags & MSG_TRUNC) return -EMSGSIZE;
    // Any program may send to this socket; only the kernel is port 0.
    return message.msg_namelen == sizeof sender && sender.nl_pid == 0 ? (int)count : 0;
}

// MARK: Rings

struct netmeta_ring {
    int fd;
    uint8_t *memory;
    uint32_t blocks, block_size;
    uint32_t block, left, offset;
    bool has_block;
};

static struct tpacket_block_desc *block_of(const netmeta_ring *self) {
    return (struct tpacket_block_desc *)(self->memory + (size_t)self->block * self->block_size);
}

// Takes one of `rate` frames at random, and `snap` bytes of it.
static int attach_filter(int fd, uint32_t rate, uint32_t snap) {
    struct sock_filter sampled[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_RANDOM)),
        BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, rate),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, snap),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
    struct sock_filter all[] = {BPF_STMT(BPF_RET | BPF_K, snap)};
    struct sock_fprog program = rate > 1 ? (struct sock_fprog){5, sampled} : (struct sock_fprog){1, all};
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

static int join_fanout(int fd, netmeta_ring_options *options) {
    // A flow stays with one socket. Once in a group PACKET_IGNORE_OUTGOING counts for nothing, only the group's flag.
    enum { flag_ignore_outgoing = 0x4000 };  // PACKET_FANOUT_FLAG_IGNORE_OUTGOING, which older headers don't have.
    uint32_t type = PACKET_FANOUT_HASH;
    if (options->fanout == 1) type |= PACKET_FANOUT_FLAG_UNIQUEID;
    if (options->ignore_outgoing) type |= flag_ignore_outgoing;
    uint32_t argument = (options->fanout == 1 ? 0 : options->fanout_id) | type << 16;
    if (setsockopt(fd, SOL_PACKET, PACKET_FANOUT, &argument, sizeof argument) != 0) return -1;
    socklen_t length = sizeof argument;
    if (getsockopt(fd, SOL_PACKET, PACKET_FANOUT, &argument, &length) != 0) return -1;
    options->fanout_id = (uint16_t)argument;
    return 0;
}

static int set_up(netmeta_ring *self, netmeta_ring_options *options) {
    // In this order no frame of another interface, and none that the filter leaves out, gets in.
    if (attach_filter(self->fd, options->rate, options->snap) != 0) return -1;
    int version = TPACKET_V3, one = 1;
    if (setsockopt(self->fd, SOL_PACKET, PACKET_VERSION, &version, sizeof version) != 0) return -1;
    if (setsockopt(self->fd, SOL_PACKET, PACKET_VNET_HDR, &one, sizeof one) != 0) return -1;
    if (options->ignore_outgoing && options->fanout == 0) {
        if (setsockopt(self->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one) != 0) return -1;
    }
    enum { frame_size = 2048, retire_milliseconds = 60 };
    struct tpacket_req3 request = {
        .tp_block_size = self->block_size,
        .tp_block_nr = self->blocks,
        .tp_frame_size = frame_size,
        .tp_frame_nr = self->block_size / frame_size * self->blocks,
        .tp_retire_blk_tov = retire_milliseconds,
    };
    if (setsockopt(self->fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof request) != 0) return -1;
    void *memory = mmap(
        NULL, (size_t)self->blocks * self->block_size, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd, 0
    );
    if (memory == MAP_FAILED) return -1;
    self->memory = memory;
    struct sockaddr_ll name = {
        .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = (int)options->interface,
    };
    if (bind(self->fd, (struct sockaddr *)&name, sizeof name) != 0) return -1;
    if (options->promiscuous) {
        struct packet_mreq membership = {.mr_ifindex = (int)options->interface, .mr_type = PACKET_MR_PROMISC};
        if (setsockopt(self->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &membership, sizeof membership) != 0) return -1;
    }
    return options->fanout == 0 ? 0 : join_fanout(self->fd, options);
}

netmeta_ring *netmeta_ring_create(netmeta_ring_options *options, int *error) {
    netmeta_ring *self = calloc(1, sizeof *self);
    if (!self) {
        *error = -ENOMEM;
        return NULL;
    }
    self->blocks = options->blocks;
    self->block_size = options->block_size;
    self->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (self->fd < 0 || set_up(self, options) != 0) {
        *error = -errno;
        netmeta_ring_destroy(self);
        return NULL;
    }
    return self;
}

void netmeta_ring_destroy(netmeta_ring *self) {
    if (!self) return;
    if (self->memory) munmap(self->memory, (size_t)self->blocks * self->block_size);
    if (self->fd >= 0) close(self->fd);
    free(self);
}

int netmeta_ring_socket(const netmeta_ring *self) { return self->fd; }

int netmeta_ring_next(netmeta_ring *self, netmeta_frame *frame) {
    struct tpacket_block_desc *block = block_of(self);
    if (self->has_block && self->left == 0) {
        __atomic_store_n(&block->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_SEQ_CST);
        self->block = (self->block + 1) % self->blocks;
        self->has_block = false;
        block = block_of(self);
    }
    if (!self->has_block) {
        if (!(__atomic_load_n(&block->hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER)) return 0;
        self->has_block = true;
        self->left = block->hdr.bh1.num_pkts;
        self->offset = block->hdr.bh1.offset_to_first_pkt;
        // A block that was retired by the clock may be empty: the next call gives it back.
        if (self->left == 0) return netmeta_ring_next(self, frame);
    }
    const uint8_t *start = (const uint8_t *)block + self->offset;
    const struct tpacket3_hdr *header = (const struct tpacket3_hdr *)start;
    const struct sockaddr_ll *link = (const struct sockaddr_ll *)(start + TPACKET_ALIGN(sizeof *header));
    struct virtio_net_hdr segments;
    memcpy(&segments, start + header->tp_mac - sizeof segments, sizeof segments);
    *frame = (netmeta_frame){
        .bytes = start + header->tp_mac,
        .captured = header->tp_snaplen,
        .length = header->tp_len,
        .seconds = header->tp_sec,
        .nanoseconds = header->tp_nsec,
        .interface = (uint32_t)link->sll_ifindex,
        .tag = (uint16_t)header->hv1.tp_vlan_tci,
        .tag_type = header->tp_status & TP_STATUS_VLAN_TPID_VALID ? header->hv1.tp_vlan_tpid : ETH_P_8021Q,
        .has_tag = (header->tp_status & TP_STATUS_VLAN_VALID) != 0,
        .segment = segments.gso_type == VIRTIO_NET_HDR_GSO_NONE ? 0 : segments.gso_size,
        .hardware = link->sll_hatype,
        .direction = link->sll_pkttype,
    };
    self->offset += header->tp_next_offset;
    self->left--;
    return 1;
}

int netmeta_ring_error(const netmeta_ring *self) {
    int code = 0;
    socklen_t length = sizeof code;
    if (getsockopt(self->fd, SOL_SOCKET, SO_ERROR, &code, &length) != 0) return -errno;
    return -code;
}

int netmeta_ring_statistics(netmeta_ring *self, uint32_t *frames, uint32_t *drops, uint32_t *freezes) {
    struct tpacket_stats_v3 counts = {0};
    socklen_t length = sizeof counts;
    if (getsockopt(self->fd, SOL_PACKET, PACKET_STATISTICS, &counts, &length) != 0) return -errno;
    *frames = counts.tp_packets;
    *drops = counts.tp_drops;
    *freezes = counts.tp_freeze_q_cnt;
    return 0;
}
