// Whatever a control client asks: the answer is one line, and a JSON object.

#include <nlohmann/json.hpp>

#include "app/control.hpp"
#include "targets.hpp"

namespace fuzz {

Complaint control(base::ByteView input) {
    const std::string request{input.begin(), input.end()};
    bool was_asked = false;
    const auto answer =
        [&was_asked](const app::Control::Request& wanted) -> std::optional<std::string> {
        was_asked = true;
        if (wanted.method == "status") return R"({"schema":1})";
        return std::nullopt;
    };
    const std::string text = app::respond(request, app::Caller::anybody, answer);
    if (text.find('\n') != std::string::npos) return "the answer has more than one line";
    const auto parsed = nlohmann::json::parse(text, nullptr, false);
    if (!parsed.is_object() || parsed.value("schema", 0) != 1) return "the answer is not ours";
    if (!was_asked && !parsed.contains("error")) return "nobody was asked, and there is an answer";
    return std::nullopt;
}

}  // namespace fuzz
