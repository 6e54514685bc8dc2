// The other direction of message.cpp: JSON that another process wrote, to values.

#include <array>
#include <limits>
#include <nlohmann/json.hpp>

#include "health/message.hpp"
#include "health/message_fields.hpp"

namespace health {

namespace {

using Json = nlohmann::json;

constexpr std::array<std::pair<std::string_view, Verdict>, 2> verdicts{
    {{"passed", Verdict::passed}, {"failed", Verdict::failed}}};
constexpr std::array<std::pair<std::string_view, std::optional<Verdict>>, 3> earlier_verdicts{
    {{"", std::nullopt}, {"passed", Verdict::passed}, {"failed", Verdict::failed}}};
constexpr std::array<std::pair<std::string_view, kind::File::Want>, 3> file_wants{
    {{"present", kind::File::Want::present},
     {"absent", kind::File::Want::absent},
     {"penalty", kind::File::Want::penalty}}};
constexpr std::array<std::pair<std::string_view, TargetMessage::Want>, 2> target_wants{
    {{"started", TargetMessage::Want::started}, {"stopped", TargetMessage::Want::stopped}}};

// ---- from the runner ---------------------------------------------------------------------------

ResultMessage read_result(Fields& in) {
    ResultMessage result{.plan = in.count("plan"),
                         .check = in.some_text("check"),
                         .verdict = in.word("verdict", verdicts),
                         .text = in.text("text"),
                         .runs = in.count("runs"),
                         .failures = in.count("failures"),
                         .duration = in.duration<std::chrono::microseconds>("duration_us")};
    if (in.has("penalty")) result.penalty = in.number<int>("penalty", 0, 254);
    return result;
}

FromRunner read_hook(Fields& in) {
    const std::uint64_t id = in.count("id");
    const std::string event = in.text("event");
    if (event == "started") return HookStarted{id};
    if (event != "ended") in.refuse("event");
    return HookEnded{.id = id,
                     .status = in.number<int>("status", 0, 255),
                     .signal = in.number<int>("signal", 0, 127),
                     .timed_out = in.truth("timed_out"),
                     .duration = in.duration<std::chrono::milliseconds>("duration_ms"),
                     .output = in.text("output")};
}

// ---- to the runner -----------------------------------------------------------------------------

kind::Route read_route(Fields& in) {
    kind::Route route{
        .to = in.prefix("to"),
        .table = in.number<std::uint32_t>("table", 0, std::numeric_limits<std::uint32_t>::max())};
    const int protocol = in.number<int>("protocol", -1, 255);
    if (protocol >= 0) route.protocol = static_cast<std::uint8_t>(protocol);
    return route;
}

Kind read_kind(Fields& in) {
    const std::string name = in.text("kind");
    if (name == "process") return kind::Process{in.some_text("process")};
    if (name == "file") return kind::File{in.some_text("path"), in.word("want", file_wants)};
    if (name == "interface")
        return kind::Interface{in.some_text("interface"),
                               in.duration<std::chrono::microseconds>("up_for_us"),
                               in.duration<std::chrono::microseconds>("down_for_us")};
    if (name == "ping") return kind::Ping{in.address("target"), in.text("interface")};
    if (name == "arp") return kind::Arp{in.address("target"), in.some_text("interface")};
    if (name == "tcp")
        return kind::Tcp{in.address("target"), in.number<std::uint16_t>("port", 1, 65535),
                         in.text("interface")};
    if (name == "http")
        return kind::Http{in.some_text("url"), in.some_codes("expect"), in.text("contains"),
                          in.truth("verify")};
    if (name == "route") return read_route(in);
    if (name == "unit") return kind::Unit{in.some_text("unit")};
    if (name != "exec") in.refuse("kind");
    return kind::Exec{in.some_texts("command"), in.text("user")};
}

CheckMessage read_check(Fields& in) {
    constexpr int times_at_most = 1'000'000;
    return {.name = in.some_text("name"),
            .kind = read_kind(in),
            .every = in.some_time("every_us"),
            .timeout = in.some_time("timeout_us"),
            .rise = in.number<int>("rise", 1, times_at_most),
            .fall = in.number<int>("fall", 1, times_at_most),
            .counts_as = in.word("counts_as", earlier_verdicts)};
}

RunMessage read_run(Fields& in) {
    return {.id = in.count("id"),
            .command = in.some_texts("command"),
            .user = in.text("user"),
            .timeout = in.duration<std::chrono::milliseconds>("timeout_ms"),
            .environment = in.texts_by_name("environment"),
            .input = in.text("input")};
}

template <typename Message>
struct Kindred {
    const char* name;
    Message (*read)(Fields& in);
};

pid_t read_pid(Fields& in) { return in.number<pid_t>("pid", 1, std::numeric_limits<pid_t>::max()); }

constexpr std::array<Kindred<FromRunner>, 7> from_runner{{
    {"hello", [](Fields& in) -> FromRunner { return Hello{read_pid(in)}; }},
    {"job", [](Fields& in) -> FromRunner { return JobAnswer{in.text("type"), in.text("error")}; }},
    {"result", [](Fields& in) -> FromRunner { return read_result(in); }},
    {"alive",
     [](Fields& in) -> FromRunner {
         return Alive{in.count("plan"), in.count("running"), in.count("queued")};
     }},
    {"hook", read_hook},
    {"unit_target",
     [](Fields& in) -> FromRunner { return TargetEnded{in.some_text("unit"), in.text("error")}; }},
    {"saved", [](Fields& in) -> FromRunner { return Saved{in.count("id"), in.text("error")}; }},
}};

constexpr std::array<Kindred<ToRunner>, 9> to_runner{{
    {"job_of", [](Fields& in) -> ToRunner { return JobQuestion{read_pid(in)}; }},
    {"begin", [](Fields& in) -> ToRunner { return Begin{in.count("plan")}; }},
    {"check", [](Fields& in) -> ToRunner { return read_check(in); }},
    {"commit", [](Fields& in) -> ToRunner { return Commit{in.count("plan")}; }},
    {"run", [](Fields& in) -> ToRunner { return read_run(in); }},
    {"kill", [](Fields& in) -> ToRunner { return KillMessage{in.count("id")}; }},
    {"target",
     [](Fields& in) -> ToRunner {
         return TargetMessage{in.some_text("unit"), in.word("want", target_wants)};
     }},
    {"save",
     [](Fields& in) -> ToRunner {
         return SaveMessage{in.count("id"), in.some_text("path"), in.text("text")};
     }},
    {"append",
     [](Fields& in) -> ToRunner {
         return SaveMessage{in.count("id"), in.some_text("path"), in.text("text"),
                            in.count("room")};
     }},
}};

base::Result<Json> parse(std::string_view text) {
    auto parsed = Json::parse(text, nullptr, false);
    if (!parsed.is_object()) return base::failure("read a message", "it is not a JSON object");
    return parsed;
}

// A message is an object in a field whose name says what it is.
template <typename Message, std::size_t N>
base::Result<Message> read(const Json& message, const std::array<Kindred<Message>, N>& known) {
    for (const auto& [name, read_body] : known) {
        const auto body = message.find(name);
        if (body == message.end() || !body->is_object()) continue;
        Fields in{*body};
        Message value = read_body(in);
        if (in.error()) return std::unexpected(*in.error());
        return value;
    }
    return base::failure("read a message", "it is of no known kind");
}

}  // namespace

base::Result<FromRunner> decode_from_runner(std::string_view text) {
    TRY(const Json message, parse(text));
    if (const auto died = message.find("died"); died != message.end() && died->is_string())
        return Died{died->get<std::string>()};
    return read(message, from_runner);
}

base::Result<ToRunner> decode_to_runner(std::string_view text) {
    TRY(const Json message, parse(text));
    return read(message, to_runner);
}

}  // namespace health
