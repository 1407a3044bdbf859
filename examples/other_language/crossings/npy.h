// SPDX-License-Identifier: Apache-2.0
// float32 arrays as .npy files: magic, a header in the form of a Python literal, the values in C order.
#pragma once
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

inline std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error(path + " can't be read");
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline void write_file(const std::string& path, const std::string& content) {
    std::ofstream file(path, std::ios::binary);
    file.write(content.data(), static_cast<std::streamsize>(content.size()));
    if (!file.flush()) throw std::runtime_error(path + " can't be written");
}

// The values of a file that must hold `count` of them.
inline std::vector<float> read_floats(const std::string& path, size_t count) {
    const std::string data = read_file(path);
    if (data.size() < 12 || data.compare(0, 6, "\x93NUMPY") != 0) throw std::runtime_error(path + " is no .npy file");
    const auto byte = [&data](size_t i) { return static_cast<size_t>(static_cast<unsigned char>(data[i])); };
    const bool short_header = data[6] == 1;  // version 1 has 2 bytes for the header's length, later ones 4
    const size_t start = short_header ? 10 : 12;
    const size_t length = byte(8) + (byte(9) << 8) + (short_header ? 0 : (byte(10) << 16) + (byte(11) << 24));
    const std::string header = data.substr(start, length);
    if (header.find("'<f4'") == std::string::npos || header.find("'fortran_order': False") == std::string::npos)
        throw std::runtime_error(path + " is not float32 in C order");
    if (data.size() != start + length + count * sizeof(float))
        throw std::runtime_error(path + " is not as large as request.json says");
    std::vector<float> values(count);
    if (count != 0) std::memcpy(values.data(), data.data() + start + length, count * sizeof(float));
    return values;
}

inline void write_floats(const std::string& path, const std::vector<float>& values, size_t rows, size_t columns) {
    std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + std::to_string(rows) + ", " +
                         std::to_string(columns) + "), }";
    header.append(63 - (10 + header.size()) % 64, ' ').append("\n");  // values start at a multiple of 64
    std::string content("\x93NUMPY\x01\x00", 8);
    content += static_cast<char>(header.size() & 0xFF);
    content += static_cast<char>(header.size() >> 8);
    content += header;
    content.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
    write_file(path, content);
}
