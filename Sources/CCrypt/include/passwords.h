#ifndef NETMETA_PASSWORDS_H
#define NETMETA_PASSWORDS_H

#include <stddef.h>

/// Bytes that a hash takes at most, its end included: CRYPT_OUTPUT_SIZE of libxcrypt.
enum { netmeta_password_capacity = 384 };

/// Hashes a password by crypt(3) of libxcrypt, in a state of its own.
///
/// @param setting a setting, or a whole hash that is to be compared with
/// @param output gets the hash; of netmeta_password_capacity bytes
/// @return 1, or 0 when the setting is none or there is no memory
int netmeta_password_hash(const char *password, const char *setting, char *output);

/// Makes a setting for new passwords, with a salt of the kernel's generator: yescrypt, 64 MiB.
///
/// @param output gets it; of netmeta_password_capacity bytes
/// @return 1, or 0 when it can't be
int netmeta_password_setting(char *output);

#endif
