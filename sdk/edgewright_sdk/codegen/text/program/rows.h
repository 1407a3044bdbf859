// SPDX-License-Identifier: 0BSD
// Recordings: numbers in lines, and WAV. Read to the end as they come, so a pipe gives its results at once.
#pragma once
#include "source.h"

// Each prints what it finds to say, and is false when the recording couldn't be read to its end.
bool score_csv(source& from);
bool score_wav(source& from);
