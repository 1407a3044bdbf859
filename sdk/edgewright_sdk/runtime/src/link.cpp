// SPDX-License-Identifier: Apache-2.0
#include "edgewright/link.h"

#include "edgewright/scalar.h"

namespace EW_NS {
namespace {

float sigmoid(float x) {
    const float e = expf(x < 0.0f ? x : -x);
    return (x < 0.0f ? e : 1.0f) / (1.0f + e);
}

// The shares of sigmoids are a softmax of their logarithms, which don't underflow where all sigmoids are tiny.
float log_sigmoid(float x) {
    return (x < 0.0f ? x : 0.0f) - logf(1.0f + expf(x < 0.0f ? x : -x));
}

int32_t largest(const float* values, int32_t count) {
    int32_t best = 0;
    for (int32_t i = 1; i < count; ++i) {
        if (values[i] > values[best]) best = i;
    }
    return best;
}

void one_hot(int32_t chosen, float* values, int32_t count) {
    for (int32_t i = 0; i < count; ++i) values[i] = i == chosen ? 1.0f : 0.0f;
}

// In place.
void softmax(float* values, int32_t count) {
    const float top = values[largest(values, count)];
    float sum = 0.0f;
    for (int32_t i = 0; i < count; ++i) {
        values[i] = expf(values[i] - top);
        sum += values[i];
    }
    for (int32_t i = 0; i < count; ++i) values[i] /= sum;
}

void votes(const float* raw, float* values, int32_t classes) {
    for (int32_t i = 0; i < classes; ++i) values[i] = 0.0f;
    for (int32_t i = 0; i < classes; ++i) {
        for (int32_t j = i + 1; j < classes; ++j) values[*raw++ > 0.0f ? i : j] += 1.0f;
    }
    one_hot(largest(values, classes), values, classes);
}

float dot(const float* a, const float* b, int32_t count) {
    float sum = 0.0f;
    for (int32_t i = 0; i < count; ++i) sum += a[i] * b[i];
    return sum;
}

// Wu, Lin and Weng's second method by the fixed-point iteration that libsvm ends early. `q` and `qp` are workspace.
void couple(const float* raw, const float* slopes, const float* offsets, float* p, int32_t classes, float* q, float* qp) {
    constexpr float smallest = 1e-7f;
    for (int32_t t = 0; t < classes; ++t) q[t * classes + t] = 0.0f;
    for (int32_t i = 0; i < classes; ++i) {
        for (int32_t j = i + 1; j < classes; ++j) {
            float first = sigmoid(-(*slopes++ * *raw++ + *offsets++));
            first = first < smallest ? smallest : first > 1.0f - smallest ? 1.0f - smallest : first;
            const float second = 1.0f - first;
            q[i * classes + i] += second * second;
            q[j * classes + j] += first * first;
            q[i * classes + j] = q[j * classes + i] = -first * second;
        }
    }
    for (int32_t t = 0; t < classes; ++t) p[t] = 1.0f / static_cast<float>(classes);
    const float limit = 0.005f / static_cast<float>(classes);
    const int32_t most = classes > 100 ? classes : 100;
    for (int32_t round = 0; round < most; ++round) {
        for (int32_t t = 0; t < classes; ++t) qp[t] = dot(q + t * classes, p, classes);
        float pqp = dot(p, qp, classes);
        float error = 0.0f;
        for (int32_t t = 0; t < classes; ++t) {
            const float d = qp[t] < pqp ? pqp - qp[t] : qp[t] - pqp;
            if (d > error) error = d;
        }
        if (error < limit) return;
        for (int32_t t = 0; t < classes; ++t) {
            const float own = q[t * classes + t];
            const float step = (pqp - qp[t]) / own;
            const float grown = 1.0f + step;
            p[t] += step;
            pqp = (pqp + step * (step * own + 2.0f * qp[t])) / (grown * grown);
            for (int32_t j = 0; j < classes; ++j) {
                qp[j] = (qp[j] + step * q[t * classes + j]) / grown;
                p[j] /= grown;
            }
        }
    }
}

// Number of classes of which there are `pairs` pairs, 0 when there is none.
int32_t classes_of(int32_t pairs) {
    int32_t classes = 2;
    while (classes * (classes - 1) / 2 < pairs) ++classes;
    return classes * (classes - 1) / 2 == pairs ? classes : 0;
}

}  // namespace

int32_t ew_link_width(int32_t link, int32_t raw) {
    if (link == ew_link_sigmoid_pair || link == ew_link_sign) return raw == 1 ? 2 : 0;
    if (link == ew_link_votes || link == ew_link_coupling) return classes_of(raw);
    return raw;
}

ew_status ew_link(int32_t link, const float* raw, int32_t count, const float* slopes, const float* offsets,
                  float* values, ew_arena& scratch) {
    const int32_t width = ew_link_width(link, count);
    if (count < 1 || width < 1) return ew_bad_tables;
    switch (link) {
        case ew_link_identity:
            for (int32_t i = 0; i < count; ++i) values[i] = raw[i];
            return ew_ok;
        case ew_link_exp:
            for (int32_t i = 0; i < count; ++i) values[i] = expf(raw[i] < 88.0f ? raw[i] : 88.0f);
            return ew_ok;
        case ew_link_square:
            for (int32_t i = 0; i < count; ++i) values[i] = raw[i] < 0.0f ? -raw[i] * raw[i] : raw[i] * raw[i];
            return ew_ok;
        case ew_link_sigmoid:
            for (int32_t i = 0; i < count; ++i) values[i] = sigmoid(raw[i]);
            return ew_ok;
        case ew_link_softmax:
            for (int32_t i = 0; i < count; ++i) values[i] = raw[i];
            softmax(values, count);
            return ew_ok;
        case ew_link_sigmoid_pair:
            values[0] = sigmoid(-raw[0]);
            values[1] = sigmoid(raw[0]);
            return ew_ok;
        case ew_link_sigmoid_shares:
            for (int32_t i = 0; i < count; ++i) values[i] = log_sigmoid(raw[i]);
            softmax(values, count);
            return ew_ok;
        case ew_link_argmax:
            one_hot(largest(raw, count), values, count);
            return ew_ok;
        case ew_link_sign:
            one_hot(raw[0] > 0.0f ? 1 : 0, values, 2);
            return ew_ok;
        case ew_link_votes:
            votes(raw, values, width);
            return ew_ok;
        case ew_link_coupling: {
            float* const q = ew_take<float>(scratch, width * width);
            float* const qp = ew_take<float>(scratch, width);
            if (q == nullptr || qp == nullptr) return ew_no_memory;
            couple(raw, slopes, offsets, values, width, q, qp);
            return ew_ok;
        }
        default:
            return ew_bad_tables;
    }
}

}  // namespace EW_NS
