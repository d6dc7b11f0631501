#define _GNU_SOURCE
#include "host_sources.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int compare(const void *a, const void *b) {
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return left < right ? -1 : left > right;
}

// Looks at a process's descriptors. Returns how many these were; 0 when they can't be read, since it ended or is another
// user's.
static uint32_t look(const char *process, const uint32_t *inodes, uint32_t count, uint32_t *processes) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%.20s/fd", process);
    DIR *folder = opendir(path);
    if (!folder) return 0;
    uint32_t seen = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (entry->d_name[0] == '.') continue;
        seen++;
        char target[64];
        ssize_t length = readlinkat(dirfd(folder), entry->d_name, target, sizeof target - 1);
        if (length < 0) continue;
        target[length] = 0;
        uint32_t inode;
        if (sscanf(target, "socket:[%u]", &inode) != 1) continue;
        const uint32_t *found = bsearch(&inode, inodes, count, sizeof *inodes, compare);
        if (found) processes[found - inodes] = (uint32_t)strtoul(process, NULL, 10);
    }
    closedir(folder);
    return seen;
}

int netmeta_process_sockets(const uint32_t *inodes, uint32_t count, uint32_t *processes, uint32_t most) {
    DIR *folder = opendir("/proc");
    if (!folder) return -errno;
    uint32_t seen = 0;
    for (struct dirent *entry; seen < most && (entry = readdir(folder));) {
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9') seen += look(entry->d_name, inodes, count, processes);
    }
    closedir(folder);
    return 0;
}
