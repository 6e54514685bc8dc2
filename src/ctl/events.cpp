#include "ctl/events.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include <vector>

#include "base/event.hpp"
#include "base/result.hpp"
#include "ctl/status.hpp"
#include "ctl/words.hpp"

namespace ctl {

namespace {

using base::EventKind;

// The daemon's answer, of which every event is an object.
struct Page {
    std::string node;
    std::uint64_t last = 0;
    bool is_complete = true;
    std::vector<Json> events;
};

Expected<Page> read_page(const Answer& answer) {
    TRY(const std::string line, answer);
    TRY(const Json json, parse_answer(line));
    const Json list = json.value("events", Json());
    const Json last = json.value("last", Json());
    const Json complete = json.value("complete", Json());
    if (!list.is_array() || !last.is_number_unsigned() || !complete.is_boolean())
        return fail(ExitCode::failed, "the answer of tandemd has no events");
    Page page{.node = text_in(json, "node"),
              .last = last.get<std::uint64_t>(),
              .is_complete = complete.get<bool>(),
              .events = {}};
    for (const Json& event : list)
        if (event.is_object() && event.contains("number") && event["number"].is_number_unsigned())
            page.events.push_back(event);
    return page;
}

std::string_view subject_of(EventKind kind) {
    switch (kind) {
        case EventKind::state_changed:
        case EventKind::priority_changed:
        case EventKind::flapping:
        case EventKind::not_resumed: return "router";
        case EventKind::check_failed:
        case EventKind::check_passed:
        case EventKind::checks_unattended: return "check";
        case EventKind::hook_done:
        case EventKind::hook_failed: return "hook";
        case EventKind::condition_began:
        case EventKind::condition_over: return "network";
        case EventKind::object_removed:
        case EventKind::object_given_up:
        case EventKind::request_refused:
        case EventKind::send_failed:
        case EventKind::overrun: return "kernel";
        case EventKind::drained:
        case EventKind::drain_over: return "drain";
        case EventKind::reloaded:
        case EventKind::reload_refused:
        case EventKind::reload_confirmed:
        case EventKind::rolled_back: return "config";
        case EventKind::started:
        case EventKind::stopping:
        case EventKind::ended:
        case EventKind::handed_to_next_process:
        case EventKind::upgraded:
        case EventKind::lines_dropped:
        case EventKind::near_failover: return "state";
        case EventKind::file_damaged: return "daemon";
    }
    return "";
}

// One event as it is shown; takes out of its fields what it has shown.
class Line {
public:
    Line(const Json& event, const Style& style)
        : event_{event}, fields_(event.value("fields", Json::object())), style_{style} {
        if (!fields_.is_object()) fields_ = Json::object();
    }

    std::string text(const std::string& node) {
        const auto kind = base::event_kind_called(text_in(event_, "event"));
        const std::string name = name_text();
        const std::string what = kind ? what_of(*kind) : text_in(event_, "event");
        const auto moment = moment_in(text_in(event_, "time"));
        const std::string time = moment ? local_text(*moment) : std::string(23, '?');
        const std::string subject{kind ? subject_of(*kind) : ""};
        return fmt::format("{}  {}  {:7}  {:12}  {}  {}\n", time, node, subject, or_dash(name),
                           painted(padded(what, 18), paint(), style_), words());
    }

private:
    std::string take(const char* name) {
        std::string text = text_in(fields_, name);
        fields_.erase(name);
        return text;
    }

    std::string name_text() {
        std::string name = take("router");
        const std::string family = take("family");
        if (family == "ipv4") name += "/v4";
        if (family == "ipv6") name += "/v6";
        fields_.erase("vrid");
        fields_.erase("interface");
        for (const char* other : {"check", "unit", "name"})
            if (name.empty()) name = take(other);
        return name;
    }

    std::string what_of(EventKind kind) {
        const std::string arrow = style_.utf8 ? "\u2192" : "->";
        if (kind == EventKind::state_changed || kind == EventKind::priority_changed) {
            const std::string from = upper(take("from"));
            return from + arrow + upper(take("to"));
        }
        if (kind == EventKind::check_failed) return "FAILED";
        if (kind == EventKind::check_passed) return "ok";
        if (kind == EventKind::hook_done || kind == EventKind::hook_failed)
            return kind == EventKind::hook_failed ? take("phase") + " FAILED" : take("phase");
        if (kind == EventKind::condition_began || kind == EventKind::condition_over) {
            const std::string condition = take("condition");
            return kind == EventKind::condition_over ? condition + " over" : condition;
        }
        return std::string{name_of(kind)};
    }

    // Of a change of the state its cause; of everything else what was said, with its fields.
    std::string words() {
        const std::string why = take("why");
        if (const std::string reason = take("reason"); text_in(event_, "event") == "state-changed")
            return fmt::format("{}: {}", reason, why);
        else if (!reason.empty())
            fields_["reason"] = reason;
        if (text_in(event_, "event").starts_with("check-") && !why.empty()) return why;
        const std::string message = text_in(event_, "message");
        std::string text = message;
        if (!why.empty()) text += ": " + why;
        for (const auto& [key, value] : fields_.items())
            if (value.is_string() &&
                message.find(value.get_ref<const std::string&>()) == message.npos)
                text += fmt::format("; {} {}", printable(key), text_in(fields_, key.c_str()));
        return text;
    }

    [[nodiscard]] Paint paint() const {
        const std::string level = text_in(event_, "level");
        if (level == "error") return Paint::bad;
        return level == "warning" ? Paint::caution : Paint::plain;
    }

    static std::string padded(std::string text, std::size_t width) {
        text.append(width - std::min(width, display_width(text)), ' ');
        return text;
    }

    const Json& event_;
    Json fields_;
    const Style& style_;
};

std::string json_line(const Json& json) {
    return printable_json(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

// What is told already, and what is not wanted.
class Reader {
public:
    Reader(const Options& options, const Style& style, std::optional<Moment> since,
           const EventTalk& talk)
        : options_{options}, style_{style}, since_{since}, talk_{talk} {}

    enum class Progress { going, cut_off };
    // All that there is now.
    Expected<Progress> read() {
        while (true) {
            const std::string request = fmt::format(R"({{"method":"events","after":{}}})", after_);
            TRY(const Page page, read_page(talk_.ask(request)));
            // It has begun to count anew: its file is lost.
            if (page.last < after_) {
                after_ = 0;
                continue;
            }
            if (print(page) == Progress::cut_off) return Progress::cut_off;
            if (page.is_complete || page.events.empty()) return Progress::going;
        }
    }
    [[nodiscard]] const Json& all() const { return all_; }

private:
    [[nodiscard]] bool is_wanted(const Json& event) const {
        if (!since_) return true;
        const auto moment = moment_in(text_in(event, "time"));
        return !moment || *moment >= *since_;
    }

    Progress print(const Page& page) {
        std::string out;
        for (const Json& event : page.events) {
            after_ = std::max(after_, event["number"].get<std::uint64_t>());
            if (!is_wanted(event)) continue;
            out += text_of(event, page.node);
        }
        const bool is_done = out.empty() || talk_.write(out) == EventTalk::Writing::done;
        return is_done ? Progress::going : Progress::cut_off;
    }

    // As JSON at once one document, followed a line each.
    std::string text_of(const Json& event, const std::string& node) {
        if (options_.format == Format::json) {
            if (options_.follows) return json_line(event) + "\n";
            all_.push_back(event);
            return "";
        }
        const std::string line = Line{event, style_}.text(or_dash(node));
        return style_.utf8 ? line : ascii_only(line);
    }

    const Options& options_;
    const Style& style_;
    std::optional<Moment> since_;
    const EventTalk& talk_;
    std::uint64_t after_ = 0;
    Json all_ = Json::array();
};

Outcome follow(Reader& reader, const EventTalk& talk) {
    bool is_away = false;
    while (talk.wait() == EventTalk::Wait::over) {
        const auto read = reader.read();
        if (!read && read.error().code != ExitCode::unreachable) return outcome_of(read.error());
        if (!read && !std::exchange(is_away, true))
            talk.complain("tandemctl: " + read.error().text + "; waiting for it\n");
        if (!read) continue;
        is_away = false;
        if (*read == Reader::Progress::cut_off) return {ExitCode::failed, {}, {}};
    }
    return {};
}

}  // namespace

Outcome show_events(const Options& options, const Style& style, Moment now, const EventTalk& talk) {
    std::optional<Moment> since;
    if (options.since) since = since_in(*options.since, now);
    if (options.since && !since)
        return outcome_of(
            Failure{ExitCode::usage,
                    fmt::format("'{}' is no time: write 30m, 2h, 1d, \"2026-03-05 11:40\" or 11:40",
                                printable(*options.since))});
    Reader reader{options, style, since, talk};
    const auto read = reader.read();
    if (!read) return outcome_of(read.error());
    if (*read == Reader::Progress::cut_off) return {ExitCode::failed, {}, {}};
    if (options.follows) return follow(reader, talk);
    if (options.format == Format::json)
        return {ExitCode::ok, json_line(Json{{"schema", 1}, {"events", reader.all()}}) + "\n", {}};
    return {};
}

}  // namespace ctl
