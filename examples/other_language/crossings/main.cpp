// SPDX-License-Identifier: Apache-2.0
// A processing block that speaks the file contract (docs/contract.md) itself: no Python, no SDK.
//
//   build/crossings --in DIR --out DIR
//
// reads DIR/request.json and the arrays that it names, writes its outputs and, last, result.json.
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "device/kernel.h"
#include "json.h"
#include "npy.h"

namespace {

// What the user must change; anything else that goes wrong is a fault of ours or of the caller.
struct Refused : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct Task {
    Json request;
    std::string in, out, home;  // home: the block's own folder
    int32_t length = 0, axes = 0;
    float scale = 1, hysteresis = 0, rate = 0;
};

std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.9g", value);
    return text;
}

// result.json is written last, and by rename: a task that was killed has none.
void write_result(const Task& task, const std::string& outputs) {
    const std::string path = task.out + "/result.json";
    write_file(path + ".part", "{\"contract\": 1, \"outputs\": {" + outputs + "}}\n");
    std::filesystem::rename(path + ".part", path);
}

void describe(const Task& task) {
    std::string labels;
    for (const Json& axis : task.request["window"]["axes"].items)
        for (const char* feature : {" Crossings", " Swing"})
            labels += (labels.empty() ? "" : ", ") + json_quoted(axis.string + feature);
    const std::string width = std::to_string(2 * task.axes);
    write_file(task.out + "/description.json",
               "{\"features\": " + width + ", \"labels\": [" + labels + "], \"shape\": {\"type\": \"flat\", \"width\": " +
                   width + "}, \"dtype\": \"float32\"}\n");
    write_result(task, "\"description\": {\"kind\": \"json\", \"path\": \"description.json\"}");
}

void transform(const Task& task) {
    const Json& chunks = task.request["inputs"]["windows"]["chunks"];
    const size_t size = static_cast<size_t>(task.length) * static_cast<size_t>(task.axes);
    const size_t width = 2 * static_cast<size_t>(task.axes);
    std::vector<float> features;
    size_t rows = 0;
    for (size_t chunk = 0; chunk < chunks.items.size(); ++chunk) {
        const Json& entry = chunks.items[chunk];
        const size_t count = static_cast<size_t>(entry["shape"].items.at(0).value);
        const std::vector<float> windows = read_floats(task.in + "/" + entry["path"].string, count * size);
        for (size_t i = 0; i < windows.size(); ++i)
            if (!std::isfinite(windows[i]))
                throw Refused("window " + std::to_string(rows + i / size) + " holds NaN or infinity");
        features.resize((rows + count) * width);
        for (size_t row = 0; row < count; ++row)
            for (int32_t axis = 0; axis < task.axes; ++axis)
                crossings_of_axis(&windows[row * size], task.length, task.axes, axis, task.scale, task.hysteresis,
                                  task.rate, &features[(rows + row) * width + 2 * static_cast<size_t>(axis)]);
        rows += count;
        std::cout << "{\"type\": \"progress\", \"done\": " << chunk + 1 << ", \"total\": " << chunks.items.size() << "}"
                  << std::endl;
    }
    write_floats(task.out + "/features.npy", features, rows, width);
    write_result(task, "\"features\": {\"kind\": \"array\", \"path\": \"features.npy\", \"dtype\": \"float32\", \"shape\": [" +
                           std::to_string(rows) + ", " + std::to_string(width) + "]}");
}

// What a device needs: the same algorithm as source, and the parameters as data.
void export_node(const Task& task) {
    const std::string folder = task.out + "/export";
    std::filesystem::create_directory(folder);
    for (const char* name : {"crossings.h", "crossings.cpp", "kernel.h"})
        write_file(folder + "/" + name, read_file(task.home + "/device/" + name));
    const auto table = [](const char* name, float value) {
        return std::string("{\"name\": \"") + name + "\", \"dtype\": \"float32\", \"value\": " + number(value) + "}";
    };
    write_file(folder + "/export.json",
               "{\"contract\": 1, \"symbol\": \"crossings\", \"header\": \"crossings.h\",\n"
               " \"sources\": [\"crossings.cpp\", \"kernel.h\"], \"modules\": [],\n"
               " \"tables\": [" + table("scale", task.scale) + ", " + table("hysteresis", task.hysteresis) + ", " +
                   table("rate", task.rate) + "],\n"
               " \"state_bytes\": 0, \"scratch_bytes\": 0, \"streamable\": false,\n"
               " \"inputs\": [{\"dtype\": \"float32\", \"shape\": [" + std::to_string(task.length) + ", " +
                   std::to_string(task.axes) + "]}],\n"
               " \"outputs\": [{\"name\": \"features\", \"dtype\": \"float32\", \"shape\": [" +
                   std::to_string(2 * task.axes) + "]}],\n"
               " \"tolerance\": {\"absolute\": 1e-5, \"relative\": 1e-5}}\n");
    write_result(task, "\"export\": {\"kind\": \"folder\", \"path\": \"export\"}");
}

void run(Task& task) {
    const std::string text = read_file(task.in + "/request.json");
    task.request = JsonReader(text).read();
    if (task.request["contract"].value != 1) throw std::runtime_error("this block speaks contract 1");
    const Json& window = task.request["window"];
    if (window["kind"].string == "image") throw Refused("this block takes time series, not images");
    task.length = static_cast<int32_t>(window["length"].value);
    task.axes = static_cast<int32_t>(window["axes"].items.size());
    if (task.length < 2) throw Refused("a window has 1 sample; crossings need two at least: make window_ms larger");
    task.scale = static_cast<float>(task.request["params"]["scale-axes"].value);
    task.hysteresis = static_cast<float>(task.request["params"]["hysteresis"].value);
    task.rate = static_cast<float>(window["frequency"].value / (task.length - 1));
    const std::string& operation = task.request["operation"].string;
    if (operation == "describe") return describe(task);
    if (operation == "transform") return transform(task);
    if (operation == "export") return export_node(task);
    throw std::runtime_error("no operation \"" + operation + "\"");
}

int failed(const std::string& text, const char* kind) {
    std::cout << "{\"type\": \"error\", \"text\": " << json_quoted(text) << ", \"kind\": \"" << kind << "\"}" << std::endl;
    std::cerr << text << std::endl;
    return 1;
}

}  // namespace

int main(int count, char** words) {
    Task task;
    task.home = std::filesystem::path(words[0]).parent_path().parent_path().string();
    for (int i = 1; i + 1 < count; i += 2) {
        const std::string name = words[i];
        if (name == "--in") task.in = words[i + 1];
        if (name == "--out") task.out = words[i + 1];
    }
    if (task.in.empty() || task.out.empty()) return failed("usage: crossings --in DIR --out DIR", "request");
    try {
        run(task);
    } catch (const Refused& problem) {
        return failed(problem.what(), "refused");
    } catch (const std::exception& problem) {
        return failed(problem.what(), "fault");
    }
    return 0;
}
