// SPDX-License-Identifier: 0BSD
// Many connections at once by poll(): a slow client costs memory alone, and only what it has sent.
#include "connections.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "metrics.h"
#include "routes.h"

namespace {

constexpr int most_connections = 1024;
constexpr size_t most_buffered = 128 << 20;  // of all connections together
constexpr size_t kept_room = 256 << 10;      // of a connection between requests

struct connection {
    int socket = -1;
    text in, out;
    size_t scanned = 0, sent = 0;
    request asked;
    bool has_head = false;   // the head is read, the body isn't whole
    bool open = false;       // counted as a request in flight
    bool closing = false;    // after the answer
    bool lingering = false;  // answered; what the client still sends is dropped, so that it can read the answer
    int64_t deadline = 0;
};

connection connections[most_connections];
int room;
volatile sig_atomic_t ending;
bool draining;

void end_by_signal(int) { ending = 1; }

int64_t now_us() {
    timespec now = {};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<int64_t>(now.tv_sec) * 1000000 + now.tv_nsec / 1000;
}

void allow(connection& c, int seconds) { c.deadline = now_us() + seconds * INT64_C(1000000); }

void set_open(connection& c, bool open) {
    if (c.open != open) __atomic_fetch_add(&open_here->requests, open ? 1 : -1, __ATOMIC_RELAXED);
    c.open = open;
}

void drop(connection& c) {
    set_open(c, false);
    close(c.socket);
    c.socket = -1;
    c.in.release();
    c.out.release();
    __atomic_fetch_add(&open_here->connections, -1, __ATOMIC_RELAXED);
}

size_t buffered() {
    size_t all = 0;
    for (int i = 0; i < room; ++i) all += connections[i].in.room + connections[i].out.room;
    return all;
}

// Forget the first bytes of what came.
void consume(connection& c, size_t count) {
    c.in.length -= count;
    memmove(c.in.data, c.in.data + count, c.in.length);
    c.scanned = 0;
    if (c.in.length == 0 && c.in.room > kept_room) c.in.release();
}

void give(connection& c, const answer& what, bool with_body) {
    if (draining) c.closing = true;
    count_request(what.code);
    add_answer(c.out, what, with_body, !c.closing);
    allow(c, answer_seconds);
}

void give_refusal(connection& c, int code, const char* reason) {
    answer made;
    refuse(made, code, reason);
    c.closing = true;
    c.has_head = false;
    give(c, made, true);
}

void answer_request(connection& c) {
    const size_t length = c.asked.head_length + static_cast<size_t>(c.asked.body_length);
    const int64_t began = now_us();
    char& behind = c.in.data[length];  // of the next request, or the zero byte behind all
    const char kept = behind;
    answer made;
    const char* reason = nullptr;
    behind = 0;
    read_head(c.in.data, c.asked.head_length, c.asked, reason);  // again: the buffer may have moved while the body came
    respond(c.asked, c.in.data + c.asked.head_length, !draining, made);
    behind = kept;
    if (c.asked.method.is("POST")) count_answer(now_us() - began);
    c.closing = !c.asked.keep;
    give(c, made, !c.asked.method.is("HEAD"));
    c.has_head = false;
    consume(c, length);
}

// Read a head where there is a whole one. False when more bytes are needed, or nothing more is to be read.
bool take_head(connection& c) {
    while (c.in.length >= 2 && memcmp(c.in.data, "\r\n", 2) == 0) consume(c, 2);  // as some clients send after a body
    if (c.in.length == 0) return false;
    if (!c.open) allow(c, head_seconds);
    set_open(c, true);
    const char* reason = "the head holds bytes that aren't allowed there, or lines that don't end as they must";
    const long length = find_head(c.in.data, c.in.length, c.scanned);
    if (length > static_cast<long>(longest_head) || (length == 0 && c.in.length > longest_head)) {
        give_refusal(c, 431, "a head has 16 KiB at most");
    } else if (length < 0) {
        give_refusal(c, 400, reason);
    } else if (length > 0) {
        const int code = read_head(c.in.data, static_cast<size_t>(length), c.asked, reason);
        if (code != 0) {
            give_refusal(c, code, reason);
        } else if (c.asked.body_length > longest_body) {
            give_refusal(c, 413, "the body is larger than is taken; /info tells how much is");
        } else {
            c.has_head = true;
            allow(c, body_seconds);
            const bool whole = c.in.length - c.asked.head_length >= c.asked.body_length;
            if (c.asked.expects && !whole) c.out.add("HTTP/1.1 100 Continue\r\n\r\n");
            return true;
        }
    }
    return false;
}

// Send what there is. False when the connection is gone, or waits.
bool flush(connection& c) {
    while (c.sent < c.out.length) {
        const ssize_t part = send(c.socket, c.out.data + c.sent, c.out.length - c.sent, MSG_NOSIGNAL);
        if (part < 0 && errno == EINTR) continue;
        if (part < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return false;
        if (part <= 0) {
            drop(c);
            return false;
        }
        c.sent += static_cast<size_t>(part);
    }
    c.out.clear();
    if (c.out.room > kept_room) c.out.release();
    c.sent = 0;
    if (c.has_head) return true;  // that was "100 Continue"
    set_open(c, false);
    if (c.closing) {
        shutdown(c.socket, SHUT_WR);
        c.lingering = true;
        c.in.release();
        allow(c, linger_seconds);
        return false;
    }
    allow(c, idle_seconds);
    return true;
}

// Answer what is whole.
void advance(connection& c) {
    for (;;) {
        if (!c.closing && !c.has_head && !take_head(c) && c.out.length == 0) return;
        if (c.has_head && c.in.length - c.asked.head_length >= c.asked.body_length) {
            c.out.clear();  // "100 Continue" isn't needed any more
            c.sent = 0;
            answer_request(c);
        }
        const bool answered = c.out.length > 0 && !c.has_head;
        if (!flush(c) || !answered) return;
    }
}

void take_bytes(connection& c) {
    static char piece[65536];
    const ssize_t count = recv(c.socket, piece, sizeof piece, 0);
    if (count < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (count <= 0) return drop(c);
    if (c.lingering) return;
    const size_t more = static_cast<size_t>(count);
    // A body's room grows with what came, never with what was announced.
    if (buffered() + more > most_buffered || !c.in.reserve(more)) {
        give_refusal(c, 429, "too much is being sent at once; try again");
    } else {
        c.in.add(piece, more);
    }
    advance(c);
}

void accept_one(int listener) {
    static const char full[] =
        "HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/json\r\nContent-Length: 33\r\nConnection: close\r\nRetry-After: 1\r\n\r\n"
        "{\"error\": \"too many connections\"}";
    const int made = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (made < 0) return;
    const int yes = 1;
    setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    int slot = 0, idle = -1;
    for (; slot < room && connections[slot].socket >= 0; ++slot) {
        const connection& c = connections[slot];
        if (!c.open && (idle < 0 || c.deadline < connections[idle].deadline)) idle = slot;
    }
    if (slot == room && idle >= 0) drop(connections[slot = idle]);  // the one that was idle the longest
    if (slot == room) {
        if (send(made, full, sizeof full - 1, MSG_NOSIGNAL) > 0) count_request(429);
        close(made);
        return;
    }
    connection& c = connections[slot];
    c.socket = made;
    c.scanned = c.sent = 0;
    c.has_head = c.closing = c.lingering = false;
    allow(c, head_seconds);
    __atomic_fetch_add(&open_here->connections, 1, __ATOMIC_RELAXED);
}

void expire(connection& c) {
    if (c.open && c.out.length == 0 && !c.lingering) {
        give_refusal(c, 408, c.has_head ? "the body didn't come in time" : "the head didn't come in time");
        flush(c);
    } else {
        drop(c);
    }
}

// Whether there is something left to wait for.
bool tidy(int& waiting_ms) {
    const int64_t now = now_us();
    bool any = false;
    waiting_ms = 500;  // a signal that comes just before poll() is seen this late
    for (int i = 0; i < room; ++i) {
        connection& c = connections[i];
        if (c.socket >= 0 && draining && !c.open && !c.lingering) drop(c);
        if (c.socket >= 0 && c.deadline <= now) expire(c);
        if (c.socket < 0) continue;
        any = true;
        const int64_t left = (c.deadline - now) / 1000 + 1;
        if (left < waiting_ms) waiting_ms = left < 1 ? 1 : static_cast<int>(left);
    }
    return any;
}

}  // namespace

int serve_connections(int listener, int most) {
    static pollfd polled[most_connections + 1];
    static int slots[most_connections + 1];
    sigset_t awaited;
    sigemptyset(&awaited);
    sigaddset(&awaited, SIGTERM);
    signal(SIGTERM, end_by_signal);
    sigprocmask(SIG_UNBLOCK, &awaited, nullptr);
    fcntl(listener, F_SETFL, O_NONBLOCK);  // another worker may have been faster
    room = most < most_connections ? most : most_connections;
    int64_t end = 0;
    int waiting_ms = 0;
    for (;;) {
        if (ending && !draining) {
            for (int i = 0; i < room; ++i) accept_one(listener);  // who has connected already is answered
            for (int i = 0; i < room; ++i) {
                if (connections[i].socket >= 0 && !connections[i].lingering && connections[i].out.length == 0) take_bytes(connections[i]);
            }
            close(listener);
            draining = true;
            end = now_us() + drain_seconds * INT64_C(1000000);
        }
        const bool any = tidy(waiting_ms);
        if (draining && (!any || now_us() > end)) return 0;
        nfds_t count = 0;
        if (!draining) {
            slots[count] = -1;
            polled[count++] = {listener, POLLIN, 0};
        }
        for (int i = 0; i < room; ++i) {
            if (connections[i].socket < 0) continue;
            slots[count] = i;
            polled[count++] = {connections[i].socket, static_cast<short>(connections[i].out.length > 0 ? POLLOUT : POLLIN), 0};
        }
        if (poll(polled, count, waiting_ms) <= 0) continue;
        for (nfds_t i = 0; i < count; ++i) {
            if (polled[i].revents == 0) continue;
            if (slots[i] < 0) {
                accept_one(listener);
                continue;
            }
            connection& c = connections[slots[i]];
            if (c.socket != polled[i].fd) continue;  // replaced by a new one just now
            if (c.out.length == 0) {
                take_bytes(c);
            } else if (flush(c)) {
                advance(c);
            }
        }
    }
}
