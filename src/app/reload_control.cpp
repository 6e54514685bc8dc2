#include "app/reload_control.hpp"

#include <chrono>
#include <nlohmann/json.hpp>
#include <string_view>

#include "config/duration.hpp"

namespace app {

namespace {

using Json = nlohmann::ordered_json;

constexpr base::Duration longest_trial = std::chrono::hours{24};

std::string text_of(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string name_of(Reloader::Result::State state) {
    switch (state) {
        case Reloader::Result::State::waiting: return "waiting";
        case Reloader::Result::State::done: return "done";
        case Reloader::Result::State::failed: return "failed";
    }
    return "unknown";
}

base::Result<Reloader::Order> order_in(const Control::Request& request, const Json& json) {
    using Purpose = Reloader::Purpose;
    if (request.method == "preview") {
        const auto file = json.find("file");
        if (file == json.end() || !file->is_string() ||
            !file->get_ref<const std::string&>().starts_with('/'))
            return base::failure("look at a configuration", "the path of the file is not absolute");
        return Reloader::Order{.purpose = Purpose::preview, .file = file->get<std::string>()};
    }
    Reloader::Order order;
    if (json.value("upgrade", Json{}) == true) order.purpose = Purpose::upgrade;
    const auto confirm = json.find("confirm");
    if (confirm == json.end()) return order;
    if (!confirm->is_string()) return base::failure("reload", "the time to confirm is not a text");
    TRY(const base::Duration within, config::parse_duration(confirm->get<std::string>()));
    if (within < std::chrono::seconds{1} || within > longest_trial)
        return base::failure("reload", "the time to confirm is 1s to 24h");
    if (order.purpose == Purpose::upgrade)
        return base::failure("reload",
                             "another program cannot be taken back: either --confirm or "
                             "--exec");
    order.confirm_within = within;
    return order;
}

std::string begin(Reloader& reloader, const Control::Request& request, const Json& json) {
    const auto order = order_in(request, json);
    if (!order) return error_json(order.error().text());
    const auto ticket = reloader.order(*order);
    if (!ticket) return error_json("too many reloads wait already; try again");
    return text_of({{"schema", 1}, {"ticket", *ticket}});
}

std::string tell_result(const Reloader& reloader, const Engine& engine, const Json& json) {
    const auto ticket = json.find("ticket");
    const bool is_number = ticket != json.end() && ticket->is_number_unsigned();
    const Reloader::Result* result =
        is_number ? reloader.result(ticket->get<Reloader::Ticket>()) : nullptr;
    if (result == nullptr) return error_json("nothing is known of this reload any more");
    return text_of({{"schema", 1},
                    {"state", name_of(result->state)},
                    {"text", result->text},
                    {"changes", result->changes},
                    {"hash", engine.config().hash},
                    {"settled", engine.is_settled()}});
}

}  // namespace

std::optional<std::string> answer_reload(Reloader& reloader, const Engine& engine,
                                         const Control::Request& request) {
    const std::string& method = request.method;
    const bool is_ours = method == "reload" || method == "preview" || method == "reload-result" ||
                         method == "confirm" || method == "rollback";
    if (!is_ours) return std::nullopt;
    if (request.caller != Caller::root)
        return error_json("not permitted: only root may change the configuration");
    const Json json = Json::parse(request.line, nullptr, false);
    if (method == "reload" || method == "preview") return begin(reloader, request, json);
    if (method == "reload-result") return tell_result(reloader, engine, json);
    const std::string error = method == "confirm" ? reloader.confirm() : reloader.roll_back();
    if (!error.empty()) return error_json(error);
    return text_of({{"schema", 1}, {"hash", reloader.in_force().config.hash}});
}

}  // namespace app
