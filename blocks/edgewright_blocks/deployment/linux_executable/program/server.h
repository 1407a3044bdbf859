// SPDX-License-Identifier: 0BSD
#pragma once

// Serve the Linux runner protocol on a Unix socket until a signal ends it. Returns the exit code.
int serve(const char* path);
