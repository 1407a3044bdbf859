// SPDX-License-Identifier: 0BSD
#include "metrics.h"

#include <sys/mman.h>

#include "impulse.h"

namespace {

constexpr int codes[] = {200, 400, 404, 405, 408, 411, 413, 415, 417, 422, 429, 431, 503};
constexpr int code_count = sizeof codes / sizeof codes[0];
// Microseconds.
constexpr int64_t limits[] = {100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 2500000};
constexpr int limit_count = sizeof limits / sizeof limits[0];

struct counters {
    uint64_t requests[code_count];
    uint64_t buckets[limit_count];
    uint64_t answers, microseconds, windows, anomalous, restarts;
    gauges open[most_workers];
};
counters* all;

void add(uint64_t& to, uint64_t more) { __atomic_fetch_add(&to, more, __ATOMIC_RELAXED); }
unsigned long long value(const uint64_t& of) { return __atomic_load_n(&of, __ATOMIC_RELAXED); }

void add_one(text& out, const char* name, const char* kind, const char* help, unsigned long long count) {
    out.addf("# HELP edgewright_%s %s\n# TYPE edgewright_%s %s\nedgewright_%s %llu\n", name, help, name, kind, name, count);
}

}  // namespace

gauges* open_here;

bool start_metrics() {
    void* const memory = mmap(nullptr, sizeof(counters), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    all = memory == MAP_FAILED ? nullptr : static_cast<counters*>(memory);
    return all != nullptr;
}

gauges* gauges_of(int worker) { return &all->open[worker]; }

void count_request(int code) {
    for (int i = 0; i < code_count; ++i) {
        if (codes[i] == code) add(all->requests[i], 1);
    }
}

void count_answer(int64_t microseconds) {
    for (int i = 0; i < limit_count; ++i) {
        if (microseconds <= limits[i]) add(all->buckets[i], 1);
    }
    add(all->answers, 1);
    add(all->microseconds, static_cast<uint64_t>(microseconds));
}

void count_window(bool anomalous) {
    add(all->windows, 1);
    if (anomalous) add(all->anomalous, 1);
}

void count_restart() { add(all->restarts, 1); }

void add_metrics(text& out) {
    out.add("# HELP edgewright_requests_total Requests answered.\n# TYPE edgewright_requests_total counter\n");
    for (int i = 0; i < code_count; ++i) {
        if (codes[i] == 200 || value(all->requests[i]) > 0) {
            out.addf("edgewright_requests_total{code=\"%d\"} %llu\n", codes[i], value(all->requests[i]));
        }
    }
    out.add("# HELP edgewright_classify_seconds From a whole request for a classification to its answer.\n# TYPE edgewright_classify_seconds histogram\n");
    for (int i = 0; i < limit_count; ++i) {
        out.addf("edgewright_classify_seconds_bucket{le=\"%g\"} %llu\n", static_cast<double>(limits[i]) / 1e6, value(all->buckets[i]));
    }
    out.addf("edgewright_classify_seconds_bucket{le=\"+Inf\"} %llu\nedgewright_classify_seconds_sum %.6f\nedgewright_classify_seconds_count %llu\n",
             value(all->answers), static_cast<double>(value(all->microseconds)) / 1e6, value(all->answers));
    int64_t connections = 0, requests = 0;
    for (const gauges& one : all->open) {
        connections += __atomic_load_n(&one.connections, __ATOMIC_RELAXED);
        requests += __atomic_load_n(&one.requests, __ATOMIC_RELAXED);
    }
    add_one(out, "requests_in_flight", "gauge", "Requests begun and not answered, with this one.", static_cast<unsigned long long>(requests));
    add_one(out, "connections", "gauge", "Open connections.", static_cast<unsigned long long>(connections));
    add_one(out, "windows_total", "counter", "Windows or pictures scored.", value(all->windows));
    add_one(out, "anomalous_windows_total", "counter", "Of these, decided to be anomalous.", value(all->anomalous));
    add_one(out, "worker_restarts_total", "counter", "Workers that ended by themselves and were started again.", value(all->restarts));
    out.addf("# HELP edgewright_info What is served.\n# TYPE edgewright_info gauge\nedgewright_info{build_id=\"%s\"} 1\n", impulse::build_id());
}
