// One thing that happened, as a value: a level, a message and fields.
//
// Rooms that decide return facts; app/ turns them into records and a sink (app/log_sink.hpp)
// writes them. Nothing here performs I/O.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/event.hpp"

namespace base::log {

// Numbers are those of syslog(3), as the journal's PRIORITY= field and the "<N>" prefix want them.
enum class Level { error = 3, warning = 4, notice = 5, info = 6, debug = 7 };

struct Field {
    std::string key;  // lower case, as in "last_advert_ms"
    std::string value;
};

struct Record {
    Level level = Level::info;
    std::string message;
    std::vector<Field> fields;
    std::optional<EventKind> event{};  // what people look for; none: only a line of the log

    // The message with its fields as "key=value", quoted where a value has a blank: what stderr
    // shows, and the text of the journal entry.
    [[nodiscard]] std::string text() const;
};

// "error", "warning", "notice", "info", "debug"; no value for anything else.
std::optional<Level> parse_level(std::string_view name);
std::string_view name_of(Level level);

}  // namespace base::log
