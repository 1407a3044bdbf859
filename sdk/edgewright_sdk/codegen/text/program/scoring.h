// SPDX-License-Identifier: 0BSD
// The impulse: its model, its stream, and what it says as JSON.
#pragma once
#include "impulse.h"
#include "text.h"

// The model and, for signals, one stream.
extern impulse::model model;

bool start_model();
// NODE=VALUE, as on the command line.
bool set_threshold(const char* setting);

// {"NODE": {"score": ..., ...}, ...} as `edgewright score --json` tells nodes.
void add_nodes(text& out, const impulse::result& result);
// Where lines go: standard output, unless a program asks for them. False when no more are taken.
extern bool (*deliver)(const text& line, const impulse::result& result);
// One line for one window or picture.
bool print_line(const char* sample, const impulse::result& result, bool timed);

#if !IMPULSE_IMAGE
// Begin a recording, and give it rows of impulse::axes values. False when no more are taken.
void begin_recording();
bool push_rows(const char* sample, const float* rows, size_t count);
// What is due at its end: where a window is a whole recording, the window of a shorter one, filled up with zeros. False, and
// told, when there was no window.
bool end_recording(const char* sample);
// Windows of the recording so far, and how many rows.
extern uint64_t windows_done;
extern uint64_t rows_done;
#endif
