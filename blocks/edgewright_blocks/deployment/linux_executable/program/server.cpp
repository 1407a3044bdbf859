// SPDX-License-Identifier: 0BSD
// The socket of the Linux runner protocol: JSON objects come in any pieces, an answer ends by a zero byte.
#include "server.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "answers.h"
#include "json.h"
#include "unix_socket.h"

namespace {

constexpr size_t longest_message = 64 << 20;
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

}  // namespace

int serve(const char* path) {
    const int listener = listen_at(path, 8);
    if (listener < 0) return listener == wrong_name ? 2 : 1;
    strcpy(served, path);
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
