// SPDX-License-Identifier: 0BSD
#include "unix_socket.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

// Whether somebody listens there.
bool is_served(const sockaddr_un& address) {
    const int probe = socket(AF_UNIX, SOCK_STREAM, 0);
    const bool answered = probe >= 0 && connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    if (probe >= 0) close(probe);
    return answered;
}

// -1, with errno.
int bind_there(const char* path, int backlog) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    strcpy(address.sun_path, path);
    if (is_served(address)) {
        errno = EADDRINUSE;
        return -1;
    }
    strcat(address.sun_path, ".x");
    unlink(address.sun_path);
    const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0) return -1;
    if (bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
        if (listen(listener, backlog) == 0 && rename(address.sun_path, path) == 0) return listener;
        unlink(address.sun_path);
    }
    const int reason = errno;
    close(listener);
    errno = reason;
    return -1;
}

}  // namespace

int listen_at(const char* path, int backlog) {
    struct stat found;
    if (strlen(path) > longest_path) {
        complain(path, "too long for a socket: %zu letters are allowed", longest_path);
        return wrong_name;
    }
    if (stat(path, &found) == 0 && !S_ISSOCK(found.st_mode)) {
        complain(path, "is there, and no socket");
        return wrong_name;
    }
    const int listener = bind_there(path, backlog);
    if (listener < 0) complain(path, "can't be listened on: %s", strerror(errno));
    return listener;
}
