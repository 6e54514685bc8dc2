// Collects the problems of one run over the configuration, with the places where they stand.
//
// The same problem is kept once, however often it is reported: a setting is read for every node.
#pragma once

#include <compare>
#include <map>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "base/result.hpp"
#include "config/diagnostic.hpp"

namespace config {

// One configuration file: what was read, or why it could not be.
struct Source {
    std::string path;
    base::Result<std::string> text;
};

// A position in the files of one run. Line 0 stands for a file as a whole.
struct Place {
    int file = 0;    // in the order of reading
    int line = 0;    // from 1
    int column = 0;  // from 1, in octets; 0 when only the line is known
    auto operator<=>(const Place&) const = default;
};

class Problems {
public:
    // `sources` must outlive the problems.
    explicit Problems(std::span<const Source> sources) : sources_{sources} {}

    // `hint` is shown beside the caret and may be empty.
    void error(const Place& at, std::string text, std::string hint);
    void error(const Place& at, std::string text) { error(at, std::move(text), {}); }
    void warning(const Place& at, std::string text);

    [[nodiscard]] bool has_errors() const { return error_count_ > 0; }
    [[nodiscard]] std::size_t error_count() const { return error_count_; }

    // How a text at `from` names another place: "line 12", or "FILE line 12" across files.
    [[nodiscard]] std::string name_of(const Place& place, const Place& from) const;

    // In order of file, line and column, with the source lines filled in. A file that is no
    // configuration at all cannot make the list longer than a hundred.
    [[nodiscard]] std::vector<Diagnostic> diagnostics() const;

private:
    struct Details {
        Severity severity;
        std::string hint;
    };
    void add(const Place& at, std::string text, Details&& details);
    [[nodiscard]] Diagnostic diagnostic(const Place& at, const std::string& text,
                                        const Details& details) const;

    std::span<const Source> sources_;
    // Ordered as they are shown, and each text once a place.
    std::map<std::pair<Place, std::string>, Details> problems_;
    std::size_t error_count_ = 0;
};

}  // namespace config
