// SPDX-License-Identifier: 0BSD
// The command line of the server.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "metrics.h"
#include "routes.h"
#include "scoring.h"
#include "selftest.h"
#include "source.h"
#include "workers.h"

namespace {

const char help[] =
    "usage: %s [options]\n"
    "\n"
    "Serves %s (build %s) by HTTP: POST /v1/classify; GET /health, /ready, /metrics, /info, /openapi.json.\n"
    "\n"
    "  --listen ADDRESS       HOST:PORT, [HOST]:PORT, :PORT or unix:PATH; :8080 unless EDGEWRIGHT_LISTEN says another\n"
    "  --workers N            processes, 1 to 64; as many as there are processors, 2 at least and 8 at most\n"
    "  --connections N        of a worker at a time, 1 to 1024; 256\n"
    "  --max-body BYTES       largest body, up to 67108864; 8388608\n"
    "  --threshold NODE=V     decide by another threshold; may be given for several nodes\n"
    "  --health               ask the server at ADDRESS whether it is ready; exit code 0 or 1\n"
    "  --selftest             compare this build with what Python computed; JSON, exit code 0 where all agrees\n"
    "  --version, --help\n"
    "\n"
    "SIGTERM ends it when what was begun is answered. Exit codes: 0 done, 1 failed, 2 wrong usage.\n";

struct settings {
    const char* address = ":8080";
    long workers = 0, connections = 256;
    bool health = false;
};

bool read_number(const char* option, const char* word, long least, long most, long& to) {
    char* end = nullptr;
    to = strtol(word, &end, 10);
    if (end != word && *end == 0 && to >= least && to <= most) return true;
    return complain(option, "got %s; a whole number from %ld to %ld is taken", word, least, most);
}

bool set_option(const char* option, const char* word, settings& to) {
    long bytes = 0;
    if (strcmp(option, "--listen") == 0) {
        to.address = word;
        return true;
    }
    if (strcmp(option, "--workers") == 0) return read_number(option, word, 1, most_workers, to.workers);
    if (strcmp(option, "--connections") == 0) return read_number(option, word, 1, 1024, to.connections);
    if (strcmp(option, "--threshold") == 0) return set_threshold(word);
    if (!read_number(option, word, 1, 64 << 20, bytes)) return false;
    longest_body = static_cast<size_t>(bytes);
    return true;
}

bool takes_value(const char* option) {
    static const char* const options[] = {"--listen", "--workers", "--connections", "--threshold", "--max-body"};
    for (const char* one : options) {
        if (strcmp(option, one) == 0) return true;
    }
    return false;
}

int usage(const char* program, FILE* to, int code) {
    fprintf(to, help, program, impulse::title, impulse::build_id());
    return code;
}

int serve(const settings& wanted) {
    text name;
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    const long usual = processors < 2 ? 2 : processors > 8 ? 8 : processors;
    const int workers = static_cast<int>(wanted.workers > 0 ? wanted.workers : usual);
    const int listener = listen_on(wanted.address, name);
    if (listener < 0) return -listener;
    if (!start_metrics()) {
        complain("memory", "there is none to share");
        return 1;
    }
    complain(name.data, "serving %s, build %s, by %d workers", impulse::title, impulse::build_id(), workers);
    const int code = run_workers(listener, workers, static_cast<int>(wanted.connections));
    forget(wanted.address);
    return code;
}

}  // namespace

int main(int count, char** words) {
    settings wanted;
    const char* const given = getenv("EDGEWRIGHT_LISTEN");
    if (given != nullptr && *given != 0) wanted.address = given;
    if (!start_model()) return 1;
    for (int i = 1; i < count; ++i) {
        const char* const word = words[i];
        if (takes_value(word)) {
            if (i + 1 == count) {
                complain(word, "needs a value; see --help");
                return 2;
            }
            if (!set_option(word, words[++i], wanted)) return 2;
        } else if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
            return usage(words[0], stdout, 0);
        } else if (strcmp(word, "--version") == 0) {
            return printf("%s %s\n", impulse::title, impulse::build_id()) < 0;
        } else if (strcmp(word, "--selftest") == 0) {
            return selftest();
        } else if (strcmp(word, "--health") == 0) {
            wanted.health = true;
        } else {
            complain(word, "no such option; see --help");
            return 2;
        }
    }
    return wanted.health ? ask_health(wanted.address) : serve(wanted);
}
