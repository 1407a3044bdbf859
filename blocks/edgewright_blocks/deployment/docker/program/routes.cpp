// SPDX-License-Identifier: 0BSD
// Paths, and what is there.
#include "routes.h"

#include <string.h>

#include "metrics.h"
#include "openapi.h"
#include "scoring.h"

size_t longest_body = 8 << 20;

namespace {


void add_info(text& out) {
    out.add("{\"name\": ");
    out.add_string(impulse::title);
    out.addf(", \"build_id\": \"%s\", \"nodes\": [", impulse::build_id());
    for (int32_t i = 0; i < impulse::outputs; ++i) {
        if (i > 0) out.add(", ");
        out.add("{\"id\": ");
        out.add_string(impulse::output_name(i));
        out.addf(", \"kind\": \"%s\", \"threshold\": ", impulse::output_kinds[i]);
        out.add_number(impulse::get_threshold(&model, i));
        out.add("}");
    }
    out.addf("], \"limits\": {\"body_bytes\": %zu, \"windows\": %d}, \"model_parameters\": {", longest_body, most_windows);
    out.add(impulse::parameters);
    out.add("}}\n");
}

struct route {
    const char* path;
    bool posts;
    void (*answer_it)(bool ready, answer& to);
};

const route routes[] = {
    {"/v1/classify", true, nullptr},
    {"/health", false, [](bool, answer& to) { to.body.add("{\"status\": \"ok\"}\n"); }},
    {"/ready", false,
     [](bool ready, answer& to) {
         if (!ready) return refuse(to, 503, "the server is ending");
         to.body.add("{\"status\": \"ready\"}\n");
     }},
    {"/metrics", false,
     [](bool, answer& to) {
         to.type = "text/plain; version=0.0.4; charset=utf-8";
         add_metrics(to.body);
     }},
    {"/openapi.json", false, [](bool, answer& to) { to.body.add(openapi); }},
    {"/info", false, [](bool, answer& to) { add_info(to.body); }},
};

}  // namespace

void respond(const request& asked, const char* body, bool ready, answer& to) {
    for (const route& one : routes) {
        if (asked.path.length != strlen(one.path) || memcmp(asked.path.at, one.path, asked.path.length) != 0) continue;
        const bool reads = asked.method.is("GET") || asked.method.is("HEAD");
        if (one.posts ? !asked.method.is("POST") : !reads) {
            to.allow = one.posts ? "POST" : "GET, HEAD";
            return refuse(to, 405, one.posts ? "POST a body to /v1/classify" : "GET and HEAD are served here");
        }
        return one.posts ? classify(asked, body, to) : one.answer_it(ready, to);
    }
    refuse(to, 404, "there are /v1/classify, /health, /ready, /metrics, /openapi.json and /info");
}
