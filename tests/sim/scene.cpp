#include "scene.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <sstream>
#include <utility>

namespace sim {

namespace {

constexpr std::array<std::string_view, 33> deeds{
    "crash",          "start",        "resume",
    "stop",           "reload",       "drain",
    "drain-by-force", "undrain",      "handover",
    "stall",          "step-clock",   "lose",
    "duplicate",      "reorder",      "delay",
    "lose-family",    "cut",          "isolate",
    "heal",           "carrier",      "remove-link",
    "make-link",      "take-own",     "give-own",
    "tentative",      "take-virtual", "give-neighbor",
    "take-neighbor",  "break-kernel", "lose-notifications",
    "junk",           "mend",         "expect-health"};
static_assert(deeds.size() == static_cast<std::size_t>(Deed::expect_health) + 1);

// "word name=number name=number ..."
class Line {
public:
    explicit Line(std::istringstream& in) {
        for (std::string field; in >> field;) {
            const std::size_t equals = field.find('=');
            if (equals == std::string::npos) {
                is_good_ = false;
                return;
            }
            std::istringstream number{field.substr(equals + 1)};
            is_good_ = is_good_ && number >> values_[field.substr(0, equals)] && number.eof();
        }
    }
    template <typename Number>
    Line& read(const std::string& name, Number& into) {
        const auto found = values_.find(name);
        if (found == values_.end()) return *this;
        into = static_cast<Number>(found->second);
        values_.erase(found);
        return *this;
    }
    // Nothing was malformed or unknown.
    [[nodiscard]] bool is_done() const { return is_good_ && values_.empty(); }

private:
    std::map<std::string, std::int64_t> values_;
    bool is_good_ = true;
};

bool read_action(std::istringstream& in, Action& action) {
    std::string name;
    if (!(in >> action.at_ms >> name >> action.host >> action.value)) return false;
    const auto* const found = std::ranges::find(deeds, name);
    if (found == deeds.end()) return false;
    action.deed = static_cast<Deed>(found - deeds.begin());
    return true;
}

bool read_line(const std::string& text, Scene& scene) {
    std::istringstream in{text};
    std::string word;
    in >> word;
    if (word == "at") return read_action(in, scene.actions.emplace_back());
    Line line{in};
    if (word == "lan") return line.read("seed", scene.seed).read("end_ms", scene.end_ms).is_done();
    if (word == "host") {
        HostPlan& host = scene.hosts.emplace_back();
        line.read("packets", host.packets).read("promotion", host.promotion);
        return line.read("latency_us", host.latency_us).read("ipv6", host.ipv6).is_done();
    }
    if (word == "block") {
        BlockPlan& block = scene.blocks.emplace_back();
        line.read("vrid", block.vrid).read("families", block.families);
        line.read("unicast", block.unicast).read("preempt", block.preempt);
        return line.read("after_ms", block.after_ms).is_done();
    }
    if (word != "member") return false;
    MemberPlan& member = scene.members.emplace_back();
    line.read("host", member.host).read("vrid", member.vrid).read("version", member.version);
    line.read("priority", member.priority).read("interval", member.interval);
    return line.read("checksum", member.checksum).is_done();
}

// Every member names a host and a block, and every action a host: nothing out of range when walked.
bool is_consistent(const Scene& scene) {
    const auto is_host = [&](int host) {
        return host >= 0 && host < static_cast<int>(scene.hosts.size());
    };
    const auto is_member = [&](const MemberPlan& member) {
        return is_host(member.host) &&
               std::ranges::find(scene.blocks, member.vrid, &BlockPlan::vrid) != scene.blocks.end();
    };
    return std::ranges::all_of(scene.members, is_member) &&
           std::ranges::all_of(scene.actions, is_host, &Action::host) &&
           scene.members.size() == scene.hosts.size() * scene.blocks.size() &&
           std::ranges::is_sorted(scene.actions, {}, &Action::at_ms);
}

}  // namespace

std::vector<std::string> own_addresses(const Scene& scene, std::size_t host) {
    const int ipv6 = scene.hosts[host].ipv6;
    std::vector<std::string> texts{fmt::format("192.0.2.{}/24", 11 + host),
                                   fmt::format("fe80::{}/64", ipv6),
                                   fmt::format("2001:db8::{}/64", ipv6)};
    for (const BlockPlan& block : scene.blocks)
        if (member_of(scene, host, block.vrid).priority == 255)
            for (std::string& owned : virtual_addresses(block)) texts.push_back(std::move(owned));
    return texts;
}

std::vector<std::string> virtual_addresses(const BlockPlan& block) {
    const int number = block.vrid - 50;
    std::vector<std::string> texts;
    if (block.families != 6)
        texts = {fmt::format("192.0.2.{}/24", 2 * number - 1),
                 fmt::format("192.0.2.{}/24", 2 * number), fmt::format("10.{}.0.1/24", number)};
    if (block.families != 4) {
        texts.push_back(fmt::format("fe80::5652:5250:0:{:x}/64", block.vrid));
        texts.push_back(fmt::format("2001:db8::{:x}/64", number));
    }
    return texts;
}

std::string router_name(int vrid) { return fmt::format("r{}", vrid); }

const BlockPlan& block_of(const Scene& scene, int vrid) {
    return *std::ranges::find(scene.blocks, vrid, &BlockPlan::vrid);
}

const MemberPlan& member_of(const Scene& scene, std::size_t host, int vrid) {
    return *std::ranges::find_if(scene.members, [&](const MemberPlan& member) {
        return member.host == static_cast<int>(host) && member.vrid == vrid;
    });
}

int settling_ms(const Scene& scene) {
    int slowest_cs = 0;
    int longest_wait_ms = 0;
    for (const MemberPlan& member : scene.members)
        slowest_cs = std::max(slowest_cs, member.interval);
    for (const BlockPlan& block : scene.blocks)
        longest_wait_ms = std::max(longest_wait_ms, block.after_ms);
    return 3 * 4 * slowest_cs * 10 + longest_wait_ms + 500;
}

std::string_view name_of(Deed deed) { return deeds[static_cast<std::size_t>(deed)]; }

std::string text_of(const Scene& scene) {
    std::string text = fmt::format("lan seed={} end_ms={}\n", scene.seed, scene.end_ms);
    for (const HostPlan& host : scene.hosts)
        text += fmt::format("host packets={} promotion={} latency_us={} ipv6={}\n", host.packets,
                            host.promotion, host.latency_us, host.ipv6);
    for (const BlockPlan& block : scene.blocks)
        text +=
            fmt::format("block vrid={} families={} unicast={} preempt={} after_ms={}\n", block.vrid,
                        block.families, block.unicast, block.preempt, block.after_ms);
    for (const MemberPlan& member : scene.members)
        text += fmt::format(
            "member host={} vrid={} version={} priority={} interval={} checksum={}\n", member.host,
            member.vrid, member.version, member.priority, member.interval, member.checksum);
    for (const Action& action : scene.actions)
        text += fmt::format("at {} {} {} {}\n", action.at_ms, name_of(action.deed), action.host,
                            action.value);
    return text;
}

std::expected<Scene, std::string> parsed(std::string_view text) {
    Scene scene;
    std::istringstream in{std::string{text}};
    for (std::string line; std::getline(in, line);) {
        if (line.empty() || line.starts_with('#')) continue;
        if (!read_line(line, scene)) return std::unexpected("not a line of a scene: " + line);
    }
    if (!is_consistent(scene)) return std::unexpected("a host, block or member is missing");
    return scene;
}

}  // namespace sim
