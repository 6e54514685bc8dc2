#include "app/delivery.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <nlohmann/json.hpp>

#include "base/version.hpp"

namespace app {

using Json = nlohmann::ordered_json;

std::string encode(const Delivery& delivery) {
    Json sources = Json::array();
    for (const config::Source& source : delivery.sources)
        sources.push_back({{"path", source.path}, {"text", source.text.value_or("")}});
    const Json json{{"valid", delivery.is_valid},
                    {"diagnostics", delivery.diagnostics},
                    {"program", delivery.program},
                    {"hash", delivery.hash},
                    {"sources", std::move(sources)}};
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

base::Result<Delivery> decode_delivery(std::string_view text) {
    const auto malformed = [] {
        return base::failure("read a checked configuration", "malformed");
    };
    const Json json = Json::parse(text, nullptr, false);
    if (!json.is_object()) return malformed();
    for (const char* name : {"diagnostics", "program", "hash"})
        if (!json.contains(name) || !json[name].is_string()) return malformed();
    if (!json.contains("valid") || !json["valid"].is_boolean()) return malformed();
    if (!json.contains("sources") || !json["sources"].is_array()) return malformed();
    Delivery delivery{.is_valid = json["valid"].get<bool>(),
                      .diagnostics = json["diagnostics"].get<std::string>(),
                      .sources = {},
                      .hash = json["hash"].get<std::string>(),
                      .program = json["program"].get<std::string>()};
    for (const Json& source : json["sources"]) {
        if (!source.is_object() || !source.contains("path") || !source["path"].is_string() ||
            !source.contains("text") || !source["text"].is_string())
            return malformed();
        delivery.sources.push_back(
            {source["path"].get<std::string>(), source["text"].get<std::string>()});
    }
    return delivery;
}

std::string program_identity() {
    struct stat status{};
    if (::stat("/proc/self/exe", &status) < 0) return std::string{base::version};
    return fmt::format("{} {}:{} {}.{}", base::version, status.st_dev, status.st_ino,
                       status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}

}  // namespace app
