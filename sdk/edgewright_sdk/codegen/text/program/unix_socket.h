// SPDX-License-Identifier: 0BSD
// A Unix socket with a name, as programs for Linux serve on.
#pragma once
#include <stddef.h>
#include <sys/un.h>

#include "source.h"

constexpr size_t longest_path = sizeof(sockaddr_un::sun_path) - 3;
constexpr int wrong_name = -2;

// A listening socket of that name; -1, or `wrong_name`, and told, when there can't be one. Clients connect as soon as they
// see the name, so it appears only when the socket listens; what was left there by a process that was killed is replaced.
int listen_at(const char* path, int backlog);
