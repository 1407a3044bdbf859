// SPDX-License-Identifier: 0BSD
// The socket of the Linux runner protocol: JSON objects come in any pieces, an answer ends by a zero byte.
#include "server.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "answers.h"
#include "json.h"
#include "source.h"

namespace {

constexpr size_t longest_message = 64 << 20;
constexpr size_t longest_path = sizeof(sockaddr_un::sun_path) - 3;
char served[longest_path + 1];

void end_by_signal(int) {
    unlink(served);
    _exit(0);
}

bool send_all(int connection, const text& answer) {
    size_t sent = 0;
    while (sent < answer.length + 1) {  // with the zero byte that ends it
        const ssize_t part = send(connection, answer.data + sent, answer.length + 1 - sent, MSG_NOSIGNAL);
        if (part < 0 && errno == EINTR) continue;
        if (part <= 0) return false;
        sent += static_cast<size_t>(part);
    }
    return true;
}

void converse(int connection) {
    text message, answer;
    object_end scanner;
    char piece[65536];
    for (;;) {
        const ssize_t count = recv(connection, piece, sizeof piece, 0);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return;
        for (ssize_t i = 0; i < count; ++i) {
            const int found = scanner.feed(piece[i]);
            if (scanner.depth > 0 || found == 1) message.add(&piece[i], 1);
            if (found < 0 || message.length > longest_message) {
                // Nobody knows where the next message begins.
                answer.clear();
                answer_error(nullptr, 0, found < 0 ? "not a JSON object" : "a message of more than 64 MiB", answer);
                send_all(connection, answer);
                return;
            }
            if (found == 0) continue;
            answer_message(message.data, answer);
            if (!send_all(connection, answer)) return;
            message.clear();
        }
    }
}

// Whether somebody listens there.
bool is_served(const sockaddr_un& address) {
    const int probe = socket(AF_UNIX, SOCK_STREAM, 0);
    const bool answered = probe >= 0 && connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    if (probe >= 0) close(probe);
    return answered;
}

// A listening socket at `served`; -1, with errno. Clients connect as soon as they see the name, so it appears only when
// the socket listens; what was left there by a process that was killed is replaced.
int listen_there() {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    strcpy(address.sun_path, served);
    if (is_served(address)) {
        errno = EADDRINUSE;
        return -1;
    }
    strcat(address.sun_path, ".x");
    unlink(address.sun_path);
    const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return -1;
    if (listen(listener, 8) == 0 && rename(address.sun_path, served) == 0) return listener;
    const int reason = errno;
    unlink(address.sun_path);
    errno = reason;
    return -1;
}

}  // namespace

int serve(const char* path) {
    struct stat found;
    if (strlen(path) > longest_path) {
        complain(path, "too long for a socket: %zu letters are allowed", longest_path);
        return 2;
    }
    if (stat(path, &found) == 0 && !S_ISSOCK(found.st_mode)) {
        complain(path, "is there, and no socket");
        return 2;
    }
    strcpy(served, path);
    const int listener = listen_there();
    if (listener < 0) {
        complain(path, "can't be listened on: %s", strerror(errno));
        return 1;
    }
    signal(SIGINT, end_by_signal);
    signal(SIGTERM, end_by_signal);
    signal(SIGHUP, end_by_signal);
    complain(served, "serving the Linux runner protocol");
    for (;;) {  // one client after another
        const int connection = accept(listener, nullptr, nullptr);
        if (connection < 0) continue;
        converse(connection);
        close(connection);
    }
}
