// Events as JSON: a line each in the file that keeps them, and as the answer to `events`.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/chronicle.hpp"

namespace app {

// With its line feed.
std::string line_of(const Event& event);
// All events in such lines, in the order of their numbers, each once. Lines that make no sense are
// left out and counted; an empty one is none.
struct ReadEvents {
    std::vector<Event> events{};
    std::size_t damaged = 0;
};
ReadEvents events_in(std::string_view text);

// The events after this number: as many as an answer may hold, and whether there are more.
std::string events_json(const Chronicle& chronicle, std::string_view node, std::uint64_t after);
// The same for a request as it came: {"method":"events","after":12}.
std::string answer_events(const Chronicle& chronicle, std::string_view node,
                          std::string_view request);

// What a program leaves to the one that goes on in its place, and back.
std::string text_of(const Chronicle::Standing& standing);
Chronicle::Standing standing_in(std::string_view text);

}  // namespace app
