#include "app/drain_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/fd.hpp"

namespace app {

namespace {

using Json = nlohmann::ordered_json;

constexpr int schema = 1;
constexpr std::size_t largest_file = 1UL << 20;

std::int64_t seconds_of(WallClock wall) {
    return std::chrono::floor<std::chrono::seconds>(wall.time_since_epoch()).count();
}

// Within what the wall clock can count.
std::optional<WallClock> wall_of(const Json& seconds) {
    constexpr std::int64_t latest = 4'102'444'800;  // the year 2100
    if (!seconds.is_number_unsigned() || seconds.get<std::uint64_t>() > latest) return std::nullopt;
    return WallClock{std::chrono::seconds{seconds.get<std::int64_t>()}};
}

std::unexpected<base::Error> nonsense(std::string what) {
    return base::failure("read what is drained", std::move(what));
}

base::Result<std::vector<KeptDrain>> read_entry(const Json& entry) {
    if (!entry.is_object()) return nonsense("an entry is not an object");
    const Json units = entry.value("units", Json());
    const Json reason = entry.value("reason", Json());
    const auto since = wall_of(entry.value("since", Json()));
    const Json end = entry.value("until", Json());
    const auto until = wall_of(end);
    if (!units.is_array() || !reason.is_string() || !since || (!end.is_null() && !until))
        return nonsense("an entry lacks something, or has it of the wrong type");
    std::vector<KeptDrain> drains;
    for (const Json& unit : units) {
        if (!unit.is_string()) return nonsense("the name of a unit is not a text");
        drains.push_back({unit.get<std::string>(), reason.get<std::string>(), *since, until});
    }
    return drains;
}

base::Result<std::string> contents_of(const base::Fd& file, const std::string& path) {
    std::string text;
    std::array<char, 65536> buffer{};
    while (true) {
        const ssize_t size = ::read(file.number(), buffer.data(), buffer.size());
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return base::os_failure("read " + path, errno);
        if (size == 0) return text;
        text.append(buffer.data(), static_cast<std::size_t>(size));
        if (text.size() > largest_file) return base::failure("read " + path, "it is too large");
    }
}

base::log::Record put_aside(const std::string& path, const base::Error& why) {
    const std::string aside = path + ".damaged";
    const bool is_moved = std::rename(path.c_str(), aside.c_str()) == 0;
    return {base::log::Level::warning,
            "what was drained is not known any more: the file of it is damaged",
            {{"file", is_moved ? aside : path}, {"error", why.text()}},
            base::EventKind::file_damaged};
}

}  // namespace

// Units that were drained together share an entry: a node may have a thousand.
std::string text_of(const std::vector<KeptDrain>& drains) {
    Json entries = Json::array();
    for (const KeptDrain& drain : drains) {
        Json entry{{"units", Json::array()},
                   {"reason", drain.reason},
                   {"since", seconds_of(drain.since)},
                   {"until", drain.until ? Json(seconds_of(*drain.until)) : Json()}};
        const auto same = std::ranges::find_if(entries, [&](const Json& other) {
            return other["reason"] == entry["reason"] && other["since"] == entry["since"] &&
                   other["until"] == entry["until"];
        });
        Json& target = same == entries.end() ? entries.emplace_back(std::move(entry)) : *same;
        target["units"].push_back(drain.unit);
    }
    const Json all{{"schema", schema}, {"drained", std::move(entries)}};
    return all.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

base::Result<std::vector<KeptDrain>> drains_in(std::string_view text) {
    const Json json = Json::parse(text, nullptr, false);
    if (!json.is_object()) return nonsense("it is not a JSON object");
    if (json.value("schema", Json()) != schema) return nonsense("it is of another schema");
    const Json entries = json.value("drained", Json());
    if (!entries.is_array()) return nonsense("it has no list");
    std::vector<KeptDrain> all;
    for (const Json& entry : entries) {
        TRY(const std::vector<KeptDrain> drains, read_entry(entry));
        all.insert(all.end(), drains.begin(), drains.end());
    }
    return all;
}

KeptDrains read_drains(const std::string& state_directory) {
    KeptDrains kept{.path = state_directory + "/drained.json"};
    const base::Fd file{::open(kept.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
    if (!file.is_open() && errno == ENOENT) return kept;
    const auto drains = [&]() -> base::Result<std::vector<KeptDrain>> {
        if (!file.is_open()) return base::os_failure("open " + kept.path, errno);
        TRY(const std::string text, contents_of(file, kept.path));
        return drains_in(text);
    }();
    if (drains)
        kept.drains = *drains;
    else
        kept.records.push_back(put_aside(kept.path, drains.error()));
    return kept;
}

}  // namespace app
