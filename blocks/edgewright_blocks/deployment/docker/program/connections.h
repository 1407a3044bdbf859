// SPDX-License-Identifier: 0BSD
#pragma once

// Serve connections of a listening socket, one process and one thread, until SIGTERM; what was begun is finished then.
// `most` connections at a time. Returns the exit code.
int serve_connections(int listener, int most);

// Seconds that a request's head and its whole body may take, that an answer may take to be read, that an idle connection is
// kept, and that the end is waited for.
constexpr int head_seconds = 10, body_seconds = 30, answer_seconds = 30, idle_seconds = 60, linger_seconds = 2, drain_seconds = 10;
