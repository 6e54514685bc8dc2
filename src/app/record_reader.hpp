// Reads what record.hpp writes: the flight record that `tandemctl events --record` saves, and the
// states in it.
//
// All of these throw what nlohmann::json, std::optional and std::expected throw, on a text that
// nobody has written so.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "vrrp/recorder.hpp"

namespace app {

namespace from_json {

using Json = nlohmann::json;

base::Instant instant(const Json& json);
vrrp::AdvertInterval interval(const Json& json);  // in its field `interval_cs`
vrrp::Params params(const Json& json);
vrrp::State state(const Json& json);
vrrp::Event event(const Json& json);

}  // namespace from_json

struct Record {
    std::vector<std::string> names;  // "lan (ipv4)"
    std::vector<vrrp::Origin> sessions;
    std::vector<vrrp::Occurrence> occurrences;
};

Record read_record(std::string_view text);

}  // namespace app
