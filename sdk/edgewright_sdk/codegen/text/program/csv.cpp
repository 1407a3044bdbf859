// SPDX-License-Identifier: 0BSD
// Lines of numbers. A header line may name the columns; the impulse's axes are found by name then.
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rows.h"
#include "scoring.h"

namespace {

constexpr int most_columns = 256;
constexpr size_t longest_line = 1 << 16;

struct cells {
    char* at[most_columns];
    int count = 0;
};

// The next line without its end; false at the end of the input.
bool take_line(source& from, text& line) {
    line.clear();
    for (;;) {
        const int letter = from.take();
        if (letter < 0) return line.length > 0;
        if (letter == '\n') return true;
        const char one = static_cast<char>(letter);
        if (letter != '\r') line.add(&one, 1);
        if (line.length > longest_line) return true;  // refused by its number of cells, or as no number
    }
}

// Cut a line at tabs, semicolons or commas, the first of these that it holds, else at blanks. Where it isn't the
// delimiter, a comma is a decimal comma.
bool cut(char* line, cells& out) {
    const char delimiter = strchr(line, '\t') ? '\t' : strchr(line, ';') ? ';' : strchr(line, ',') ? ',' : ' ';
    out.count = 0;
    for (char* at = line;;) {
        while (*at == ' ') ++at;
        if (out.count == most_columns) return false;
        out.at[out.count++] = at;
        char* const end = strchr(at, delimiter);
        char* last = end == nullptr ? at + strlen(at) : end;
        char* const next = end == nullptr ? nullptr : end + 1;
        while (last > at && (last[-1] == ' ' || last[-1] == '"')) --last;
        *last = 0;
        if (*at == '"') ++out.at[out.count - 1];
        if (next == nullptr || (delimiter == ' ' && next[strspn(next, " ")] == 0)) return true;
        at = next;
    }
}

bool number(char* cell, bool comma, float& value) {
    char* const decimal = comma ? strchr(cell, ',') : nullptr;
    if (decimal != nullptr) *decimal = '.';
    char* end = cell;
    value = strtof(cell, &end);
    return end != cell && *end == 0;
}

// A unit in brackets isn't part of a name: "accX (m/s2)".
bool same_name(const char* cell, const char* axis) {
    const size_t length = strlen(axis);
    return strncmp(cell, axis, length) == 0 && strspn(cell + length, " ") + length == strcspn(cell, "([");
}

bool find_axes(source& from, const cells& header, int columns[]) {
    for (int32_t axis = 0; axis < impulse::axes; ++axis) {
        columns[axis] = -1;
        for (int i = 0; i < header.count; ++i) {
            if (same_name(header.at[i], impulse::axis_name(axis))) columns[axis] = i;
        }
        if (columns[axis] < 0) {
            return complain(from.name, "no column is called %s, as the impulse's axis is", impulse::axis_name(axis));
        }
    }
    return true;
}

}  // namespace

bool score_csv(source& from) {
    text line;
    cells row;
    int columns[impulse::axes];
    float values[impulse::axes];
    for (int32_t i = 0; i < impulse::axes; ++i) columns[i] = i;
    int expected = impulse::axes;
    bool first = true;
    for (unsigned long at = 1; take_line(from, line); ++at) {
        if (line.length == 0) continue;
        if (memchr(line.data, 0, line.length) != nullptr) return complain(from.name, "line %lu isn't text", at);
        char* const begin = strncmp(line.data, "\xEF\xBB\xBF", 3) == 0 ? line.data + 3 : line.data;
        if (*begin == '#' || *begin == 0) continue;
        const bool comma = strchr(begin, '\t') || strchr(begin, ';');
        if (!cut(begin, row)) return complain(from.name, "line %lu has more than %d columns", at, most_columns);
        float unused = 0.0f;
        char probe[64];
        snprintf(probe, sizeof probe, "%s", row.at[0]);
        if (first && !number(probe, comma, unused)) {
            if (!find_axes(from, row, columns)) return false;
            expected = row.count;
            first = false;
            continue;
        }
        first = false;
        if (row.count != expected) {
            return complain(from.name, "line %lu has %d columns, not %d%s", at, row.count, expected,
                            expected == impulse::axes ? ", one for each axis; a header line may say which are which" : "");
        }
        for (int32_t axis = 0; axis < impulse::axes; ++axis) {
            char* const cell = row.at[columns[axis]];
            if (!number(cell, comma, values[axis])) {
                return complain(from.name, "line %lu, %s: %.40s is no number", at, impulse::axis_name(axis),
                                *cell == 0 ? "an empty cell" : cell);
            }
        }
        if (!push_rows(from.name, values, 1)) return false;
    }
    return true;
}
