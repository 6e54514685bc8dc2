#include "ctl/moment.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <ctime>

namespace ctl {

namespace {

using namespace std::chrono;

// All of the text is in this form; what the form does not name stays as it is.
bool reads(const std::string& text, const char* form, std::tm& into) {
    std::tm read = into;
    const char* end = ::strptime(text.c_str(), form, &read);
    if (end == nullptr || *end != '\0') return false;
    into = read;
    return true;
}

std::tm local(Moment moment) {
    const std::time_t seconds = floor<std::chrono::seconds>(moment).time_since_epoch().count();
    std::tm parts{};
    ::localtime_r(&seconds, &parts);
    return parts;
}

std::optional<seconds> span_in(std::string_view text) {
    std::int64_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    const std::string_view unit{end, static_cast<std::size_t>(text.data() + text.size() - end)};
    constexpr std::int64_t most = 1'000'000'000;
    if (error != std::errc{} || count < 0 || count > most) return std::nullopt;
    if (unit == "s") return seconds{count};
    if (unit == "m" || unit == "min") return minutes{count};
    if (unit == "h") return hours{count};
    if (unit == "d") return hours{24 * count};
    return std::nullopt;
}

}  // namespace

std::optional<Moment> moment_in(std::string_view iso8601) {
    const auto dot = iso8601.find('.');
    const std::string whole{
        iso8601.substr(0, dot == std::string_view::npos ? iso8601.size() - 1 : dot)};
    std::tm parts{};
    if (!iso8601.ends_with('Z') || !reads(whole, "%Y-%m-%dT%H:%M:%S", parts)) return std::nullopt;
    const int day = parts.tm_mday;
    Moment moment{seconds{::timegm(&parts)}};
    if (parts.tm_mday != day) return std::nullopt;  // there is no such day
    if (dot == std::string_view::npos) return moment;
    std::string digits{iso8601.substr(dot + 1, iso8601.size() - dot - 2)};
    if (digits.empty() || digits.find_first_not_of("0123456789") != std::string::npos)
        return std::nullopt;
    digits.resize(6, '0');
    std::int64_t fraction = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), fraction);
    return moment + microseconds{fraction};
}

std::optional<double> unix_seconds(std::string_view iso8601) {
    constexpr std::string_view form = "2026-03-05T11:40:02.118042Z";
    const auto moment = iso8601.size() == form.size() ? moment_in(iso8601) : std::nullopt;
    if (!moment) return std::nullopt;
    return static_cast<double>(moment->time_since_epoch().count()) / 1e6;
}

std::string local_text(Moment moment) {
    const std::tm parts = local(moment);
    const auto fraction =
        duration_cast<milliseconds>(moment - floor<std::chrono::seconds>(moment)).count();
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:03}", parts.tm_year + 1900,
                       parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                       fraction);
}

std::optional<Moment> since_in(std::string_view text, Moment now) {
    if (const auto span = span_in(text)) return now - *span;
    const bool is_utc = text.ends_with('Z');
    const std::string stamp{text.substr(0, text.size() - (is_utc ? 1 : 0))};
    constexpr std::array dated{"%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S",
                               "%Y-%m-%dT%H:%M:%S"};
    constexpr std::array of_today{"%H:%M", "%H:%M:%S"};
    std::tm parts{};
    bool is_read = false;
    for (const char* form : dated) is_read = is_read || reads(stamp, form, parts);
    if (!is_read) {
        parts = local(now);
        parts.tm_sec = 0;
        for (const char* form : of_today)
            is_read = is_read || (!is_utc && reads(stamp, form, parts));
    }
    if (!is_read) return std::nullopt;
    parts.tm_isdst = -1;  // whatever holds at that time
    const std::time_t seconds = is_utc ? ::timegm(&parts) : ::mktime(&parts);
    return Moment{std::chrono::seconds{seconds}};
}

}  // namespace ctl
