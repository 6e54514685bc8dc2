#include "ctl/symptoms.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "base/fd.hpp"
#include "ctl/tap.hpp"

namespace ctl {

namespace {

namespace fs = std::filesystem;

std::string first_line(const std::string& path) {
    std::ifstream file{path};
    std::string line;
    std::getline(file, line);
    return printable(line);
}

std::optional<std::int64_t> integer_in(const std::string& path) {
    const std::string line = first_line(path);
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value);
    if (error != std::errc{} || end == line.data()) return std::nullopt;
    return value;
}

// "net:[4026531840]"; empty when it may not be seen.
std::string network_of(const std::string& process) {
    std::error_code error;
    return fs::read_symlink("/proc/" + process + "/ns/net", error).string();
}

std::optional<std::uint64_t> capabilities_of(const std::string& process) {
    constexpr std::string_view title = "CapEff:\t";
    constexpr int hexadecimal = 16;
    std::ifstream file{"/proc/" + process + "/status"};
    for (std::string line; std::getline(file, line);) {
        if (!line.starts_with(title)) continue;
        std::uint64_t value = 0;
        const auto [end, error] = std::from_chars(line.data() + title.size(),
                                                  line.data() + line.size(), value, hexadecimal);
        if (error == std::errc{}) return value;
    }
    return std::nullopt;
}

// A name of a kernel setting is a path: interfaces cannot have a slash, but the answer might.
bool is_plain(const std::string& name) {
    return !name.empty() && name.find('/') == std::string::npos && name != "." && name != "..";
}

}  // namespace

void Symptoms::enter_namespace() {
    const auto& pid = examination_.facts.before.pid;
    const std::string process = pid ? fmt::format("{}", *pid) : "";
    is_daemon_ = pid && first_line("/proc/" + process + "/comm") == "tandemd";
    const std::string there = is_daemon_ ? network_of(process) : "";
    is_there_ = !there.empty() && there == network_of("self");
    if (is_there_ || there.empty()) return;
    const base::Fd target{::open(("/proc/" + process + "/ns/net").c_str(), O_RDONLY | O_CLOEXEC)};
    is_there_ = target.is_open() && ::setns(target.number(), CLONE_NEWNET) == 0;
}

void Symptoms::listen(const std::function<Answer()>& ask_status) {
    Facts& facts = examination_.facts;
    if (facts.listened_seconds <= 0) {
        examination_.skipped.emplace_back("the wire: not asked for");
        facts.listened_seconds = 0;
        return;
    }
    if (!is_there_) {
        examination_.skipped.emplace_back(
            "the wire: whether this is the network of tandemd cannot be told; try it with sudo");
        facts.listened_seconds = 0;
        return;
    }
    std::vector<Tap> taps;
    std::set<std::string> names;
    for (const Session& session : facts.before.sessions) names.insert(session.interface);
    for (const std::string& name : names) {
        auto tap = Tap::open(name);
        if (tap)
            taps.push_back(*std::move(tap));
        else
            examination_.skipped.push_back(tap.error().text());
    }
    if (taps.empty()) {
        facts.listened_seconds = 0;
        return;
    }
    // Anew: what came before the taps were open is not to be counted.
    if (const auto status = status_in(ask_status())) facts.before = *status;
    listen_on(taps, facts.listened_seconds, facts.before);
    for (Tap& tap : taps) facts.wires[tap.name()] = tap.wire();
    std::vector<std::string> heard;
    for (const auto& [name, wire] : facts.wires) heard.push_back(name);
    examination_.looked_at.push_back(
        fmt::format("{:.1f} s of {}", facts.listened_seconds, joined(heard, ", ")));
}

void Symptoms::look_at_settings() {
    Facts& facts = examination_.facts;
    const auto note_rp_filter = [&](const std::string& name) {
        if (!is_plain(name)) return;
        if (const auto value = integer_in("/proc/sys/net/ipv4/conf/" + name + "/rp_filter"))
            facts.rp_filter[name] = *value;
    };
    note_rp_filter("all");
    for (const Session& session : facts.status.sessions) note_rp_filter(session.vmac_interface);
    if (const auto value = integer_in("/proc/sys/net/ipv4/ip_forward"))
        facts.forwarding["ipv4"] = *value != 0;
    if (const auto value = integer_in("/proc/sys/net/ipv6/conf/all/forwarding"))
        facts.forwarding["ipv6"] = *value != 0;
    examination_.looked_at.emplace_back("kernel settings");
}

void Symptoms::look_at_process() {
    Facts& facts = examination_.facts;
    if (is_daemon_) facts.capabilities = capabilities_of(fmt::format("{}", *facts.before.pid));
    if (facts.capabilities)
        examination_.looked_at.emplace_back("the daemon's capabilities");
    else
        examination_.skipped.emplace_back(
            "the daemon's capabilities: its process is not seen here");
    facts.clock_source =
        first_line("/sys/devices/system/clocksource/clocksource0/current_clocksource");
    if (!facts.clock_source.empty()) examination_.looked_at.emplace_back("the clock source");
}

// Only those in the same network: what runs in a container has interfaces of its own.
void Symptoms::look_at_daemons() {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 5> known{
        {{"keepalived", "keepalived"},
         {"vrrpd", "vrrpd"},
         {"ucarp", "ucarp"},
         {"NetworkManager", "NetworkManager"},
         {"systemd-network", "systemd-networkd"}}};  // the kernel keeps 15 characters
    const std::string here = network_of("self");
    std::error_code error;
    for (fs::directory_iterator each{"/proc", error}, end; !error && each != end;
         each.increment(error)) {
        const std::string process = each->path().filename().string();
        if (process.find_first_not_of("0123456789") != std::string::npos) continue;
        const std::string name = first_line("/proc/" + process + "/comm");
        for (const auto& [comm, daemon] : known)
            if (name == comm && network_of(process) == here)
                examination_.facts.other_daemons.emplace(daemon);
    }
    examination_.looked_at.emplace_back("other daemons");
}

void Symptoms::look_around() {
    examination_.looked_at.insert(examination_.looked_at.begin(), "the daemon's status");
    look_at_process();
    if (!is_there_) {
        examination_.skipped.emplace_back(
            "kernel settings and other daemons: whether this is the network of tandemd cannot be "
            "told; try it with sudo");
        return;
    }
    look_at_settings();
    look_at_daemons();
}

}  // namespace ctl
