// What is kept of what a program prints: the last line that is not empty.
#pragma once

#include <string>
#include <string_view>

namespace health {

class LastLine {
public:
    static constexpr std::size_t size_at_most = 200;

    void add(std::string_view text) {
        for (const char c : text) {
            if (c != '\n' && c != '\r') {
                if (is_over_) line_.clear();
                is_over_ = false;
                if (line_.size() < size_at_most) line_ += c;
                continue;
            }
            is_over_ = is_over_ || !line_.empty();
        }
    }
    [[nodiscard]] const std::string& text() const { return line_; }

private:
    std::string line_;
    bool is_over_ = false;  // its end has come: the next character begins another one
};

}  // namespace health
