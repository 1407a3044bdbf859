// SPDX-License-Identifier: 0BSD
// The command line: files or a pipe in, JSON lines out; or a socket.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "pictures.h"
#include "rows.h"
#include "scoring.h"
#include "selftest.h"
#include "server.h"

namespace {

const char help[] =
    "usage: %s [options] FILE...      score files\n"
    "       %s [options] -            score standard input as it comes\n"
    "       %s [options] SOCKET       serve the Linux runner protocol on a Unix socket that isn't there yet\n"
    "\n"
    "Prints one JSON object a line for each %s of %s (build %s).\n"
#if IMPULSE_IMAGE
    "Reads JPEG, PNG, BMP, PPM and PGM of any size; PPM and PGM may follow one another in a pipe.\n"
#else
    "Reads WAV, and lines of numbers: a column for each axis, or a header line that names them.\n"
#endif
    "\n"
    "  --threshold NODE=V   decide by another threshold; may be given for several nodes\n"
    "  --serve SOCKET       as SOCKET alone, whatever it is called\n"
    "  --json               what is printed anyway\n"
    "  --selftest           compare this build with what Python computed; JSON, exit code 0 where all agrees\n"
    "  --version            print the impulse and its build id\n"
    "  --help               print this\n"
    "\n"
    "Exit codes: 0 done, 1 something couldn't be read (said on standard error), 2 wrong usage.\n";

bool score(const char* name) {
    const bool piped = strcmp(name, "-") == 0;
    source from = {piped ? stdin : fopen(name, "rb"), name};
    struct stat kind;
    if (from.file == nullptr || (!piped && stat(name, &kind) == 0 && S_ISDIR(kind.st_mode))) {
        const char* const reason = from.file == nullptr ? strerror(errno) : "it is a folder";
        if (from.file != nullptr) fclose(from.file);
        return complain(name, "can't be read: %s", reason);
    }
#if IMPULSE_IMAGE
    const bool whole = score_pictures(from);
#else
    begin_recording();
    bool whole = from.peek() == 'R' ? score_wav(from) : score_csv(from);
    whole = whole && end_recording(name);
    if (impulse::whole && rows_done > static_cast<uint64_t>(impulse::window_length)) {
        complain(name, "%llu rows; what comes after the first %d isn't looked at", static_cast<unsigned long long>(rows_done),
                 static_cast<int>(impulse::window_length));
    }
#endif
    if (!piped) fclose(from.file);
    return whole;
}

// A name that no file has and that ends in no format: clients of the runner protocol give nothing but that.
bool is_socket(const char* name) {
    struct stat found;
    if (strcmp(name, "-") == 0) return false;
    if (stat(name, &found) == 0) return S_ISSOCK(found.st_mode);
    const char* const slash = strrchr(name, '/');
    const char* const dot = strrchr(slash == nullptr ? name : slash, '.');
    return dot == nullptr || strcmp(dot, ".sock") == 0 || strcmp(dot, ".socket") == 0;
}

int usage(const char* program, FILE* to, int code) {
    fprintf(to, help, program, program, program, IMPULSE_IMAGE ? "picture" : "window", impulse::title, impulse::build_id());
    return code;
}

}  // namespace

int main(int count, char** words) {
    const char* path = nullptr;
    int given = 0;
    if (!start_model()) return 1;
    for (int i = 1; i < count; ++i) {
        const char* const word = words[i];
        const bool takes_value = strcmp(word, "--threshold") == 0 || strcmp(word, "--serve") == 0;
        if (takes_value && i + 1 == count) {
            complain(word, "needs a value; see --help");
            return 2;
        }
        if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) return usage(words[0], stdout, 0);
        if (strcmp(word, "--version") == 0) return printf("%s %s\n", impulse::title, impulse::build_id()) < 0;
        if (strcmp(word, "--selftest") == 0) return selftest();
        if (strcmp(word, "--serve") == 0) {
            path = words[++i];
        } else if (strcmp(word, "--threshold") == 0) {
            if (!set_threshold(words[++i])) return 2;
        } else if (strcmp(word, "--json") == 0) {
            // What is printed anyway.
        } else if (word[0] == '-' && word[1] != 0) {
            complain(word, "no such option; see --help");
            return 2;
        } else {
            words[1 + given++] = words[i];  // file names move to the front
        }
    }
    if (given == 1 && path == nullptr && is_socket(words[1])) path = words[given--];
    if ((path == nullptr) == (given == 0)) return usage(words[0], stderr, 2);
    if (path != nullptr) return serve(path);
    bool all = true;
    for (int i = 0; i < given; ++i) all = score(words[1 + i]) && all;
    return all ? 0 : 1;
}
