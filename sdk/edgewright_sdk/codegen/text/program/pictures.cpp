// SPDX-License-Identifier: 0BSD
#include "pictures.h"

#include "picture.h"
#include "scoring.h"

bool score_pictures(source& from) {
    picture one;
    do {
        if (!take_picture(from, one)) return false;
        const int32_t format = one.channels == 1 ? impulse::gray8 : impulse::rgb888;
        const impulse::frame frame = {one.at(0, 0), format, one.width, one.height, 0};
        impulse::result result;
        const int32_t status = impulse::run_frame(&model, &frame, &result);
        if (status != impulse::ok) return complain(from.name, "%s", impulse::status_text(status));
        if (!print_line(from.name, result, false)) return false;
    } while (from.peek() == 'P');  // Netpbm pictures may follow one another: what a camera's pipe gives
    return true;
}
