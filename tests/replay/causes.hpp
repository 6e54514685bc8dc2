// What a flight record says of each step, and what the state machine makes of it now.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "app/record_reader.hpp"

namespace replay {

using app::Record;
using Json = nlohmann::json;

// Why each step changed a state, "" where it did not: what the file says of it.
inline std::vector<std::string> recorded_causes(std::string_view text) {
    std::vector<std::string> causes;
    const Json record = Json::parse(text);
    for (const Json& entry : record.at("events")) causes.push_back(entry.value("cause", ""));
    return causes;
}

// The same, computed again.
inline std::vector<std::string> replayed_causes(Record record) {
    std::vector<std::string> causes;
    for (const vrrp::Occurrence& occurrence : record.occurrences) {
        vrrp::Origin& session = record.sessions.at(occurrence.session);
        const auto* event = std::get_if<vrrp::Event>(&occurrence.what);
        std::string cause;
        if (event != nullptr && session.params) {
            const auto step = vrrp::step(*session.params, session.state, *event, occurrence.at);
            if (step.cause) cause = vrrp::name_of(*step.cause);
        }
        vrrp::replay(session, occurrence);
        causes.push_back(std::move(cause));
    }
    return causes;
}

}  // namespace replay
