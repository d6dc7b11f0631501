#include "passwords.h"

#include <crypt.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(netmeta_password_capacity == CRYPT_OUTPUT_SIZE, "the size of a hash");

int netmeta_password_hash(const char *password, const char *setting, char *output) {
    // 32 kB: too much for a thread's stack.
    struct crypt_data *state = calloc(1, sizeof *state);
    if (state == NULL) return 0;
    const char *hash = crypt_rn(password, setting, state, sizeof *state);
    int is_hash = hash != NULL && hash[0] != '*';
    if (is_hash) strncpy(output, hash, netmeta_password_capacity);
    explicit_bzero(state, sizeof *state);
    free(state);
    return is_hash;
}

int netmeta_password_setting(char *output) {
    // crypt(5): N = 2^14 blocks of 4 kB.
    return crypt_gensalt_rn("$y$", 7, NULL, 0, output, netmeta_password_capacity) != NULL;
}
