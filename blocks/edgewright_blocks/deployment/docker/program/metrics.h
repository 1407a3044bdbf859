// SPDX-License-Identifier: 0BSD
// What /metrics tells, counted by all workers in memory that they share.
#pragma once
#include <stdint.h>

#include "text.h"

constexpr int most_workers = 64;

// What is open at one worker; begun anew with it.
struct gauges {
    int64_t connections, requests;
};

// Shared memory, all zero; false when there is none.
bool start_metrics();
// The gauges of the worker that this process is.
extern gauges* open_here;
gauges* gauges_of(int worker);

void count_request(int code);
void count_answer(int64_t microseconds);
void count_window(bool anomalous);
void count_restart();

void add_metrics(text& out);
