// SPDX-License-Identifier: 0BSD
// Where a server listens: HOST:PORT, [HOST]:PORT, :PORT or unix:PATH.
#pragma once
#include "text.h"

// A listening socket, and its address as text (with the port that was given, where 0 was asked for); -1 or -2 (a wrong
// address), and told, when there can't be one.
int listen_on(const char* address, text& name);
// Ask the server that listens there whether it is ready: the exit code.
int ask_health(const char* address);
// Take a socket's file away; nothing for others.
void forget(const char* address);
