// SPDX-License-Identifier: 0BSD
#pragma once
#include "source.h"

// Score the picture of a file, or the Netpbm pictures that follow one another in it.
bool score_pictures(source& from);
