// Every packet and frame of tests/unit/data/vrrp_vectors.json, through all that an advertisement
// passes on its way in. Runs in the top directory of the repository.
#include <algorithm>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "support.hpp"
#include "vrrp/advert.hpp"
#include "vrrp/announce.hpp"
#include "vrrp/receive.hpp"

#include <CppUTest/TestHarness.h>

using namespace vrrp;
using nlohmann::json;
using support::address;
using support::from_hex;
using support::to_hex;

namespace {

struct Outcome {
    std::string verdict;  // "accept" or a counter
    std::set<std::string> notes;
};

json all_vectors() {
    std::ifstream file{"tests/unit/data/vrrp_vectors.json"};
    return json::parse(file);
}

// The packets or the frames among the vectors.
std::vector<json> vectors_with(const char* key) {
    std::vector<json> found;
    for (const json& vector : all_vectors())
        if (vector.contains(key)) found.push_back(vector);
    return found;
}

Expectation expectation_of(const json& config) {
    const bool v2 = config.at("version") == 2;
    const int interval = config.at("cs");
    Expectation expected{.version = v2 ? Version::v2 : Version::v3,
                         .interval = support::centiseconds(interval),
                         .addresses = {},
                         .is_owner = config.at("prio") == 255,
                         .authentication = {},
                         .dialect = {}};
    for (const std::string text : config.at("addrs")) expected.addresses.push_back(address(text));
    if (config.at("auth") == 1) {
        expected.authentication.type = AuthType::simple_text;
        std::ranges::copy(from_hex(config.at("key").get<std::string>()),
                          expected.authentication.data.begin());
    }
    if (!config.at("accept_ph4")) expected.dialect = ChecksumDialect::rfc9568;
    return expected;
}

Outcome dropped(Discard discard) { return {std::string{name_of(discard)}, {}}; }

Outcome outcome_of(const std::expected<Datagram, Discard>& datagram, const json& config) {
    if (!datagram) return dropped(datagram.error());
    const auto decoded = decode(*datagram);
    if (!decoded) return dropped(decoded.error());
    if (decoded->vrid != config.at("vrid")) return dropped(Discard::vrid);
    const auto accepted = accept(*decoded, datagram->route.source, expectation_of(config));
    if (!accepted) return dropped(accepted.error());
    Outcome outcome{"accept", {}};
    for (std::size_t i = 0; i < note_count; ++i)
        if (accepted->notes.test(i)) outcome.notes.emplace(name_of(static_cast<Note>(i)));
    return outcome;
}

Outcome outcome_of_packet(const base::Bytes& packet, const json& vector) {
    return outcome_of(parse_ip(packet), vector.at("config"));
}

base::Bytes packet_of(const json& vector) {
    return from_hex(vector.at("ip_packet").get<std::string>());
}

// The message of an accepted packet, made anew from what was read in it.
base::Bytes encoded_again(const Datagram& datagram, const json& config) {
    const Decoded decoded = decode(datagram).value();
    const bool v2 = decoded.version == Version::v2;
    const Advert advert{.version = decoded.version,
                        .vrid = support::vrid(decoded.vrid),
                        .priority = decoded.priority,
                        .interval = v2 ? support::seconds(decoded.interval)
                                       : support::centiseconds(decoded.interval),
                        .addresses = decoded.addresses,
                        .authentication = expectation_of(config).authentication};
    return encode(advert, datagram.route, decoded.dialect.value_or(ChecksumDialect::rfc9568));
}

// A frame names its virtual MAC by family: 00:00:5e:00:01:VRID or 00:00:5e:00:02:VRID.
base::Bytes announcement(const char* text) {
    const IpAddress subject = address(text);
    if (subject.family() == Family::ipv4)
        return gratuitous_arp({{0x00, 0x00, 0x5e, 0x00, 0x01, 10}}, subject, ArpOperation::request);
    return unsolicited_neighbor_advertisement({{0x00, 0x00, 0x5e, 0x00, 0x02, 10}}, subject,
                                              Forwarding::on);
}

}  // namespace

TEST_GROUP(Vectors){};

TEST(Vectors, AreAllThere) {
    std::set<std::string> ids;
    for (const json& vector : all_vectors()) ids.insert(vector.at("id").get<std::string>());
    LONGS_EQUAL(46, ids.size());
    LONGS_EQUAL(43, vectors_with("ip_packet").size());
    LONGS_EQUAL(3, vectors_with("frame").size());
}

TEST(Vectors, EveryPacketGetsItsVerdictAndItsNotes) {
    std::size_t run = 0;
    for (const json& vector : vectors_with("ip_packet")) {
        const std::string id = vector.at("id");
        const Outcome outcome = outcome_of_packet(packet_of(vector), vector);
        const std::string verdict = vector.at("verdict");
        STRCMP_EQUAL_TEXT(verdict.c_str(), outcome.verdict.c_str(), id.c_str());
        CHECK_TEXT(vector.at("notes").get<std::set<std::string>>() == outcome.notes, id.c_str());
        ++run;
    }
    LONGS_EQUAL(43, run);
}

// But for the one with reserved bits, which are sent as zero.
TEST(Vectors, EveryAcceptedMessageIsMadeOctetForOctet) {
    std::size_t run = 0;
    for (const json& vector : vectors_with("ip_packet")) {
        if (vector.at("verdict") != "accept" || vector.at("id") == "v3-4-6") continue;
        const base::Bytes packet = packet_of(vector);
        const Datagram datagram = parse_ip(packet).value();
        CHECK_EQUAL_TEXT(to_hex(datagram.message),
                         to_hex(encoded_again(datagram, vector.at("config"))),
                         vector.at("id").get<std::string>().c_str());
        ++run;
    }
    LONGS_EQUAL(20, run);
}

TEST(Vectors, EveryFrameIsMadeOctetForOctet) {
    struct Case {
        const char* id;
        const char* subject;
    };
    std::size_t run = 0;
    for (const json& vector : vectors_with("frame"))
        for (const Case& c : {Case{"garp-1", "192.0.2.1"}, Case{"una-1", "fe80::1"},
                              Case{"una-2", "2001:db8::1"}}) {
            if (vector.at("id") != c.id) continue;
            const std::string frame = vector.at("frame");
            STRCMP_EQUAL_TEXT(frame.c_str(), to_hex(announcement(c.subject)).c_str(), c.id);
            ++run;
        }
    LONGS_EQUAL(3, run);
}

// A receiver that goes by the frame's length instead of the datagram's would count the padding.
TEST(Vectors, APacketPaddedByEthernetIsJudgedTheSame) {
    for (const json& vector : vectors_with("ip_packet")) {
        base::Bytes padded = packet_of(vector);
        padded.resize(padded.size() + 14, 0xee);
        const std::string verdict = vector.at("verdict");
        STRCMP_EQUAL_TEXT(verdict.c_str(), outcome_of_packet(padded, vector).verdict.c_str(),
                          vector.at("id").get<std::string>().c_str());
    }
}

TEST(Vectors, NoSingleBitFlipOfAnAcceptedMessageIsAccepted) {
    std::size_t flips = 0;
    for (const json& vector : vectors_with("ip_packet")) {
        if (vector.at("verdict") != "accept") continue;
        const base::Bytes packet = packet_of(vector);
        const std::size_t header = vector.at("family") == 4 ? (packet[0] & 0x0fU) * 4 : 40;
        for (std::size_t bit = header * 8; bit < packet.size() * 8; ++bit, ++flips) {
            base::Bytes flipped = packet;
            flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ (1U << (bit % 8)));
            CHECK_FALSE_TEXT(outcome_of_packet(flipped, vector).verdict == "accept",
                             vector.at("id").get<std::string>().c_str());
        }
    }
    CHECK_TRUE(flips > 2000);
}
