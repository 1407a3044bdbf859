// SPDX-License-Identifier: 0BSD
#include "address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "unix_socket.h"

namespace {

constexpr int backlog = 512;
constexpr char in_files[] = "unix:";

const char* path_of(const char* address) {
    return strncmp(address, in_files, sizeof in_files - 1) == 0 ? address + sizeof in_files - 1 : nullptr;
}

struct place {
    sockaddr_storage bytes = {};
    socklen_t length = 0;
};

bool read_port(const char* digits, in_port_t& port) {
    const size_t count = strspn(digits, "0123456789");
    const long value = count > 0 && count < 6 && digits[count] == 0 ? atol(digits) : -1;
    port = htons(static_cast<in_port_t>(value));
    return value >= 0 && value <= 65535;
}

bool read_address(const char* address, place& to) {
    char host[64] = {};
    const char* const colon = strrchr(address, ':');
    const bool bracketed = *address == '[' && colon != nullptr && colon[-1] == ']';
    const char* const from = bracketed ? address + 1 : address;
    const size_t length = colon == nullptr ? sizeof host : static_cast<size_t>(colon - from) - bracketed;
    if (length >= sizeof host) return complain(address, "an address is HOST:PORT, [HOST]:PORT, :PORT or unix:PATH");
    memcpy(host, from, length);
    sockaddr_in* const four = reinterpret_cast<sockaddr_in*>(&to.bytes);
    sockaddr_in6* const six = reinterpret_cast<sockaddr_in6*>(&to.bytes);
    in_port_t port = 0;
    if (read_port(colon + 1, port)) {
        if (bracketed && inet_pton(AF_INET6, host, &six->sin6_addr) == 1) {
            six->sin6_family = AF_INET6;
            six->sin6_port = port;
            to.length = sizeof *six;
            return true;
        }
        if (!bracketed && inet_pton(AF_INET, length == 0 ? "0.0.0.0" : host, &four->sin_addr) == 1) {
            four->sin_family = AF_INET;
            four->sin_port = port;
            to.length = sizeof *four;
            return true;
        }
    }
    return complain(address, "the host is a number such as 127.0.0.1 or [::1], and the port one up to 65535");
}

void add_name(int listener, text& name) {
    place at;
    char host[INET6_ADDRSTRLEN] = {};
    at.length = sizeof at.bytes;
    getsockname(listener, reinterpret_cast<sockaddr*>(&at.bytes), &at.length);
    const sockaddr_in* const four = reinterpret_cast<const sockaddr_in*>(&at.bytes);
    const sockaddr_in6* const six = reinterpret_cast<const sockaddr_in6*>(&at.bytes);
    if (at.bytes.ss_family == AF_INET6) {
        inet_ntop(AF_INET6, &six->sin6_addr, host, sizeof host);
        name.addf("[%s]:%d", host, ntohs(six->sin6_port));
    } else {
        inet_ntop(AF_INET, &four->sin_addr, host, sizeof host);
        name.addf("%s:%d", host, ntohs(four->sin_port));
    }
}

int connect_to(const char* address) {
    place at;
    const char* const path = path_of(address);
    if (path != nullptr) {
        sockaddr_un* const file = reinterpret_cast<sockaddr_un*>(&at.bytes);
        if (strlen(path) > longest_path) return -1;
        file->sun_family = AF_UNIX;
        strcpy(file->sun_path, path);
        at.length = sizeof *file;
    } else if (!read_address(address, at)) {
        return -1;
    }
    // "Any address" is reached as this machine's own.
    const int made = socket(at.bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval patience = {3, 0};
    setsockopt(made, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(made, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (made >= 0 && connect(made, reinterpret_cast<const sockaddr*>(&at.bytes), at.length) != 0) {
        complain(address, "%s", strerror(errno));
        close(made);
        return -1;
    }
    return made;
}

}  // namespace

int listen_on(const char* address, text& name) {
    place at;
    if (path_of(address) != nullptr) {
        name.add(address);
        return listen_at(path_of(address), backlog);
    }
    if (!read_address(address, at)) return wrong_name;
    const int listener = socket(at.bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int yes = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (listener < 0 || bind(listener, reinterpret_cast<const sockaddr*>(&at.bytes), at.length) != 0 || listen(listener, backlog) != 0) {
        complain(address, "can't be listened on: %s", strerror(errno));
        return -1;
    }
    add_name(listener, name);
    return listener;
}

int ask_health(const char* address) {
    static const char question[] = "GET /ready HTTP/1.1\r\nHost: health\r\nConnection: close\r\n\r\n";
    const int connection = connect_to(address);
    if (connection < 0) return 1;
    char start[16] = {};
    size_t length = 0;
    if (send(connection, question, sizeof question - 1, MSG_NOSIGNAL) == static_cast<ssize_t>(sizeof question - 1)) {
        while (length < sizeof start - 1) {
            const ssize_t count = recv(connection, start + length, sizeof start - 1 - length, 0);
            if (count <= 0) break;
            length += static_cast<size_t>(count);
        }
    }
    close(connection);
    return strncmp(start, "HTTP/1.1 200", 12) == 0 ? 0 : 1;
}

void forget(const char* address) {
    if (path_of(address) != nullptr) unlink(path_of(address));
}
