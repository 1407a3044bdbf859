// SPDX-License-Identifier: 0BSD
// Reads rows of @NAME@_AXES numbers from standard input and prints a line for each window.
#include <stdio.h>

#include "@name@.h"

static unsigned char memory[@NAME@_ARENA_BYTES];
static @name@_model model;
static @name@_stream stream;

int main() {
    if (@name@_init(&model, memory, sizeof memory) != @NAME@_OK) return 1;
    if (@name@_stream_init(&stream, &model) != @NAME@_OK) return 1;
    float row[@NAME@_AXES];
    for (;;) {
        for (int axis = 0; axis < @NAME@_AXES; ++axis) {
            if (scanf("%f%*[,; ]", &row[axis]) != 1) return 0;
        }
        size_t used = 0;
        @name@_result result;
        const int32_t status = @name@_stream_push(&stream, row, 1, &used, &result);
        if (status == @NAME@_MORE) continue;
        if (status != @NAME@_OK) {
            printf("%s\n", @name@_status_text(status));
            continue;
        }
        for (int32_t i = 0; i < result.output_count; ++i) {
            const @name@_output* const output = &result.outputs[i];
            printf("%llu %s score %g p %g%s", static_cast<unsigned long long>(result.start), @name@_output_name(i),
                   static_cast<double>(output->score), static_cast<double>(output->p_value),
                   output->decision == 1 ? " ANOMALY" : "");
            for (int32_t k = 0; k < output->contribution_count; ++k) {
                printf(" [%s %g]", @name@_contribution_label(i, output->contributions[k].feature),
                       static_cast<double>(output->contributions[k].value));
            }
            printf("\n");
        }
    }
}
