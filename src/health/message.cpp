#include "health/message.hpp"

#include <nlohmann/json.hpp>

namespace health {

namespace {

using Json = nlohmann::ordered_json;

std::int64_t microseconds(base::Duration duration) {
    return std::chrono::floor<std::chrono::microseconds>(duration).count();
}

std::int64_t whole_milliseconds(base::Duration duration) {
    return std::chrono::floor<std::chrono::milliseconds>(duration).count();
}

std::string_view word_of(kind::File::Want want) {
    switch (want) {
        case kind::File::Want::present: return "present";
        case kind::File::Want::absent: return "absent";
        case kind::File::Want::penalty: return "penalty";
    }
    return {};
}

// What is to be said of each kind.
struct KindWriter {
    Json& out;

    void operator()(const kind::Exec& exec) const {
        out["command"] = exec.command;
        out["user"] = exec.user;
    }
    void operator()(const kind::Process& process) const { out["process"] = process.process; }
    void operator()(const kind::File& file) const {
        out["path"] = file.path;
        out["want"] = word_of(file.want);
    }
    void operator()(const kind::Interface& interface) const {
        out["interface"] = interface.interface;
        out["up_for_us"] = microseconds(interface.up_for);
        out["down_for_us"] = microseconds(interface.down_for);
    }
    void operator()(const kind::Ping& ping) const {
        out["target"] = ping.target.text();
        out["interface"] = ping.interface;
    }
    void operator()(const kind::Arp& arp) const {
        out["target"] = arp.target.text();
        out["interface"] = arp.interface;
    }
    void operator()(const kind::Tcp& tcp) const {
        out["target"] = tcp.target.text();
        out["port"] = tcp.port;
        out["interface"] = tcp.interface;
    }
    void operator()(const kind::Http& http) const {
        out["url"] = http.url;
        out["expect"] = http.expect;
        out["contains"] = http.contains;
        out["verify"] = http.verify;
    }
    void operator()(const kind::Route& route) const {
        out["to"] = route.to.text();
        out["protocol"] = route.protocol ? int{*route.protocol} : -1;
        out["table"] = route.table;
    }
    void operator()(const kind::Unit& unit) const { out["unit"] = unit.unit; }
};

struct Writer {
    Json operator()(const Hello& hello) const { return {{"hello", {{"pid", hello.pid}}}}; }
    Json operator()(const Died& died) const { return {{"died", died.how}}; }
    Json operator()(const ResultMessage& result) const {
        Json out{{"plan", result.plan},
                 {"check", result.check},
                 {"verdict", name_of(result.verdict)},
                 {"text", result.text},
                 {"runs", result.runs},
                 {"failures", result.failures},
                 {"duration_us", microseconds(result.duration)}};
        if (result.penalty) out["penalty"] = *result.penalty;
        return {{"result", std::move(out)}};
    }
    Json operator()(const Alive& alive) const {
        return {{"alive",
                 {{"plan", alive.plan}, {"running", alive.running}, {"queued", alive.queued}}}};
    }
    Json operator()(const HookStarted& hook) const {
        return {{"hook", {{"id", hook.id}, {"event", "started"}}}};
    }
    Json operator()(const HookEnded& hook) const {
        return {{"hook",
                 {{"id", hook.id},
                  {"event", "ended"},
                  {"status", hook.status},
                  {"signal", hook.signal},
                  {"timed_out", hook.timed_out},
                  {"duration_ms", whole_milliseconds(hook.duration)},
                  {"output", hook.output}}}};
    }
    Json operator()(const TargetEnded& target) const {
        return {
            {"unit_target", {{"unit", target.unit}, {"event", "ended"}, {"error", target.error}}}};
    }
    Json operator()(const JobAnswer& job) const {
        return {{"job", {{"type", job.type}, {"error", job.error}}}};
    }
    Json operator()(const Saved& saved) const {
        return {{"saved", {{"id", saved.id}, {"error", saved.error}}}};
    }

    Json operator()(const Begin& begin) const { return {{"begin", {{"plan", begin.plan}}}}; }
    Json operator()(const Commit& commit) const { return {{"commit", {{"plan", commit.plan}}}}; }
    Json operator()(const CheckMessage& check) const {
        Json out{{"name", check.name},
                 {"kind", name_of(check.kind)},
                 {"every_us", microseconds(check.every)},
                 {"timeout_us", microseconds(check.timeout)},
                 {"rise", check.rise},
                 {"fall", check.fall},
                 {"counts_as", check.counts_as ? name_of(*check.counts_as) : ""}};
        std::visit(KindWriter{out}, check.kind);
        return {{"check", std::move(out)}};
    }
    Json operator()(const RunMessage& run) const {
        return {{"run",
                 {{"id", run.id},
                  {"command", run.command},
                  {"user", run.user},
                  {"timeout_ms", whole_milliseconds(run.timeout)},
                  {"environment", run.environment},
                  {"input", run.input}}}};
    }
    Json operator()(const KillMessage& kill) const { return {{"kill", {{"id", kill.id}}}}; }
    Json operator()(const TargetMessage& target) const {
        const bool is_start = target.want == TargetMessage::Want::started;
        return {{"target", {{"unit", target.unit}, {"want", is_start ? "started" : "stopped"}}}};
    }
    Json operator()(const JobQuestion& question) const {
        return {{"job_of", {{"pid", question.pid}}}};
    }
    // A runner that knows no appending does nothing, rather than to cut the file down to this text.
    Json operator()(const SaveMessage& save) const {
        Json out{{"id", save.id}, {"path", save.path}, {"text", save.text}};
        if (!save.append_up_to) return {{"save", std::move(out)}};
        out["room"] = *save.append_up_to;
        return {{"append", std::move(out)}};
    }
};

// What a program has printed need not be UTF-8, and JSON has to be.
std::string text_of(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string encode(const FromRunner& message) { return text_of(std::visit(Writer{}, message)); }

std::string encode(const ToRunner& message) { return text_of(std::visit(Writer{}, message)); }

std::string_view name_of(Verdict verdict) {
    return verdict == Verdict::passed ? "passed" : "failed";
}

std::string_view name_of(const Kind& kind) {
    struct Names {
        std::string_view operator()(const kind::Exec&) const { return "exec"; }
        std::string_view operator()(const kind::Process&) const { return "process"; }
        std::string_view operator()(const kind::File&) const { return "file"; }
        std::string_view operator()(const kind::Interface&) const { return "interface"; }
        std::string_view operator()(const kind::Ping&) const { return "ping"; }
        std::string_view operator()(const kind::Arp&) const { return "arp"; }
        std::string_view operator()(const kind::Tcp&) const { return "tcp"; }
        std::string_view operator()(const kind::Http&) const { return "http"; }
        std::string_view operator()(const kind::Route&) const { return "route"; }
        std::string_view operator()(const kind::Unit&) const { return "unit"; }
    };
    return std::visit(Names{}, kind);
}

}  // namespace health
