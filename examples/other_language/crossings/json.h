// SPDX-License-Identifier: Apache-2.0
// As much JSON as request.json needs: read into a tree, and text quoted for writing.
#pragma once
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

struct Json {
    enum Kind { null, boolean, number, text, list, object } kind = null;
    double value = 0;  // of a number; 1 or 0 of a boolean
    std::string string;
    std::vector<Json> items;
    std::vector<std::pair<std::string, Json>> fields;

    const Json& operator[](const std::string& name) const {
        for (const auto& field : fields)
            if (field.first == name) return field.second;
        throw std::runtime_error("request.json lacks \"" + name + "\"");
    }
};

class JsonReader {
   public:
    explicit JsonReader(const std::string& text) : text_(text) {}

    Json read() {
        Json value = any();
        if (peek() != '\0') fail();
        return value;
    }

   private:
    [[noreturn]] void fail() const {
        throw std::runtime_error("request.json is not JSON at byte " + std::to_string(at_));
    }

    char peek() {
        while (at_ < text_.size() && std::string(" \t\r\n").find(text_[at_]) != std::string::npos) ++at_;
        return at_ < text_.size() ? text_[at_] : '\0';
    }

    void expect(char wanted) {
        if (peek() != wanted) fail();
        ++at_;
    }

    bool word(const char* wanted) {
        const std::string text(wanted);
        if (text_.compare(at_, text.size(), text) != 0) return false;
        at_ += text.size();
        return true;
    }

    Json any() {
        Json made;
        const char next = peek();
        if (next == '{') {
            made.kind = Json::object;
            ++at_;
            if (peek() != '}') {
                do {
                    std::string name = quoted();
                    expect(':');
                    made.fields.emplace_back(std::move(name), any());
                } while (peek() == ',' && ++at_);
            }
            expect('}');
        } else if (next == '[') {
            made.kind = Json::list;
            ++at_;
            if (peek() != ']') {
                do made.items.push_back(any());
                while (peek() == ',' && ++at_);
            }
            expect(']');
        } else if (next == '"') {
            made.kind = Json::text;
            made.string = quoted();
        } else if (word("true") || word("false")) {
            made.kind = Json::boolean;
            made.value = next == 't';
        } else if (!word("null")) {
            made.kind = Json::number;
            const char* start = text_.c_str() + at_;
            char* end = nullptr;
            made.value = std::strtod(start, &end);
            if (end == start) fail();
            at_ += static_cast<size_t>(end - start);
        }
        return made;
    }

    std::string quoted() {
        expect('"');
        std::string made;
        while (at_ < text_.size() && text_[at_] != '"') {
            if (text_[at_] != '\\') {
                made += text_[at_++];
                continue;
            }
            const char escape = ++at_ < text_.size() ? text_[at_++] : '\0';
            const std::string plain = "\"\\/bfnrt", meant = "\"\\/\b\f\n\r\t";
            const size_t found = plain.find(escape);
            if (escape == 'u')
                code_point(made);
            else if (escape != '\0' && found != std::string::npos)
                made += meant[found];
            else
                fail();
        }
        expect('"');
        return made;
    }

    unsigned hex() {
        unsigned value = 0;
        for (int i = 0; i < 4; ++i) {
            const size_t digit = std::string("0123456789abcdef").find(
                static_cast<char>(at_ < text_.size() ? text_[at_] | ((text_[at_] & 0x40) >> 1) : 0));
            if (digit == std::string::npos) fail();
            value = value * 16 + static_cast<unsigned>(digit);
            ++at_;
        }
        return value;
    }

    void code_point(std::string& made) {
        unsigned code = hex();
        if (code >= 0xD800 && code < 0xDC00 && word("\\u")) code = 0x10000 + ((code - 0xD800) << 10) + (hex() - 0xDC00);
        auto byte = [&made](unsigned value) { made += static_cast<char>(value); };
        if (code < 0x80) {
            byte(code);
        } else if (code < 0x800) {
            byte(0xC0 | code >> 6);
            byte(0x80 | (code & 0x3F));
        } else {
            if (code < 0x10000) {
                byte(0xE0 | code >> 12);
            } else {
                byte(0xF0 | code >> 18);
                byte(0x80 | (code >> 12 & 0x3F));
            }
            byte(0x80 | (code >> 6 & 0x3F));
            byte(0x80 | (code & 0x3F));
        }
    }

    const std::string& text_;
    size_t at_ = 0;
};

inline std::string json_quoted(const std::string& text) {
    std::string made = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            made += '\\';
            made += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            char code[8];
            std::snprintf(code, sizeof code, "\\u%04x", static_cast<unsigned>(static_cast<unsigned char>(c)));
            made += code;
        } else {
            made += c;
        }
    }
    return made + '"';
}
