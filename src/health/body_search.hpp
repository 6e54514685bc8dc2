// Looks for a text in a body that comes in pieces, and keeps no more of it than the text is long.
#pragma once

#include <string>
#include <string_view>

namespace health {

class BodySearch {
public:
    // An empty text is in every body.
    explicit BodySearch(std::string text) : text_{std::move(text)} {}

    void begin() {
        tail_.clear();
        found_ = text_.empty();
    }

    void add(std::string_view piece) {
        if (found_) return;
        tail_ += piece;
        found_ = tail_.find(text_) != std::string::npos;
        if (tail_.size() >= text_.size()) tail_.erase(0, tail_.size() - text_.size() + 1);
    }

    [[nodiscard]] bool is_found() const { return found_; }
    [[nodiscard]] const std::string& text() const { return text_; }

private:
    std::string text_;
    std::string tail_;  // what the text could begin in
    bool found_ = false;
};

}  // namespace health
