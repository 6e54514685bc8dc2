// A JSON object that is made member by member, in this order, with names that differ.
//
// nlohmann's ordered objects are vectors whose elements are copied, with everything in them, each
// time they grow, and each new name is compared with all others: an initializer list of thirty
// members costs several times this.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace app {

class JsonObject {
public:
    using Json = nlohmann::ordered_json;

    explicit JsonObject(std::size_t members) { members_.reserve(members); }

    JsonObject& add(std::string_view name, Json value) {
        members_.emplace_back(std::string{name}, std::move(value));
        return *this;
    }
    Json take() { return Json(std::move(members_)); }

private:
    Json::object_t members_;
};

}  // namespace app
