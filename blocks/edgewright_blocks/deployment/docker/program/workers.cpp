// SPDX-License-Identifier: 0BSD
// Processes, not threads: nothing is shared but counters, and a fault takes one worker's connections with it, no more.
#include "workers.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "connections.h"
#include "metrics.h"
#include "source.h"

namespace {

pid_t pids[most_workers];
time_t begun[most_workers];

time_t now() {
    timespec at = {};
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec;
}

void begin(int worker, int listener, int connections) {
    const pid_t parent = getpid();
    *gauges_of(worker) = {0, 0};
    begun[worker] = now();
    pids[worker] = fork();
    if (pids[worker] != 0) return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    signal(SIGINT, SIG_IGN);  // of a terminal; the parent tells
    open_here = gauges_of(worker);
    _exit(serve_connections(listener, connections));
}

void tell(int workers, int signal_number) {
    for (int i = 0; i < workers; ++i) {
        if (pids[i] > 0) kill(pids[i], signal_number);
    }
}

// Collect who has ended; begin them anew unless all is to end. How many are left.
int collect(int workers, bool ending, int listener, int connections) {
    int left = 0;
    int status = 0;
    for (pid_t gone = waitpid(-1, &status, WNOHANG); gone > 0; gone = waitpid(-1, &status, WNOHANG)) {
        for (int i = 0; i < workers; ++i) {
            if (pids[i] != gone) continue;
            pids[i] = -1;
            if (ending) continue;
            char which[32];
            snprintf(which, sizeof which, "worker %d", i);
            complain(which, "ended by %s %d; it is begun anew", WIFSIGNALED(status) ? "signal" : "code",
                     WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
            count_restart();
            const timespec pause = {0, 200000000};
            if (now() - begun[i] < 2) nanosleep(&pause, nullptr);  // don't spin on one that can't begin
            begin(i, listener, connections);
        }
    }
    for (int i = 0; i < workers; ++i) left += pids[i] > 0;
    return left;
}

}  // namespace

int run_workers(int listener, int workers, int connections) {
    sigset_t awaited;
    sigemptyset(&awaited);
    sigaddset(&awaited, SIGTERM);
    sigaddset(&awaited, SIGINT);
    sigaddset(&awaited, SIGCHLD);
    sigprocmask(SIG_BLOCK, &awaited, nullptr);
    for (int i = 0; i < workers; ++i) begin(i, listener, connections);
    time_t end = 0;
    for (;;) {
        const timespec tick = {1, 0};
        const int got = sigtimedwait(&awaited, nullptr, &tick);
        if ((got == SIGTERM || got == SIGINT) && end == 0) {
            end = now() + drain_seconds + 2;
            close(listener);
            tell(workers, SIGTERM);
        }
        const int left = collect(workers, end != 0, listener, connections);
        if (end != 0 && left == 0) return 0;
        if (end != 0 && now() > end) {
            tell(workers, SIGKILL);
            return 1;
        }
    }
}
