// SPDX-License-Identifier: 0BSD
#pragma once

// Serve on a listening socket by some processes of one thread each until SIGTERM or SIGINT: one that ends by itself is begun
// anew. Returns the exit code.
int run_workers(int listener, int workers, int connections);
