// parse_messages() over netlink messages made by hand, right and wrong.
#include "kernel/monitor.hpp"

#include <linux/if_addr.h>
#include <linux/netconf.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <cstring>
#include <random>

#include "support.hpp"

#include <CppUTest/TestHarness.h>

using namespace kernel;

namespace {

// Netlink speaks the byte order of the host, hence not base::ByteWriter.
class Messages {
public:
    template <typename Body>
    Messages& begin(int type, const Body& body) {
        start_ = bytes_.size();
        nlmsghdr header{};
        header.nlmsg_type = static_cast<std::uint16_t>(type);
        append(&header, sizeof(header));
        append(&body, sizeof(body));
        return finish();
    }
    Messages& attribute(int type, base::ByteView payload) {
        const nlattr header{static_cast<std::uint16_t>(NLA_HDRLEN + payload.size()),
                            static_cast<std::uint16_t>(type)};
        append(&header, sizeof(header));
        append(payload.data(), payload.size());
        return finish();
    }
    Messages& text(int type, std::string_view value) {
        base::Bytes terminated{value.begin(), value.end()};
        terminated.push_back(0);
        return attribute(type, terminated);
    }
    Messages& number(int type, std::uint32_t value) {
        base::Bytes octets(sizeof(value));
        std::memcpy(octets.data(), &value, sizeof(value));
        return attribute(type, octets);
    }
    [[nodiscard]] const base::Bytes& bytes() const { return bytes_; }
    [[nodiscard]] std::vector<Event> parsed() const { return parse_messages(bytes_); }

private:
    void append(const void* from, std::size_t size) {
        const std::size_t end = bytes_.size();
        bytes_.resize(end + size);
        if (size > 0) std::memcpy(bytes_.data() + end, from, size);
    }
    // Pads to the alignment and brings the length of the message up to date.
    Messages& finish() {
        const auto length = static_cast<std::uint32_t>(bytes_.size() - start_);
        bytes_.resize(start_ + NLMSG_ALIGN(length));
        std::memcpy(bytes_.data() + start_, &length, sizeof(length));
        return *this;
    }
    base::Bytes bytes_;
    std::size_t start_ = 0;
};

constexpr unsigned up_with_carrier = IFF_UP | IFF_RUNNING;

ifinfomsg link_body(int index, unsigned flags) {
    ifinfomsg body{};
    body.ifi_family = AF_UNSPEC;
    body.ifi_index = index;
    body.ifi_flags = flags;
    return body;
}

ifaddrmsg address_body(int index, int prefix_length) {
    ifaddrmsg body{};
    body.ifa_family = AF_INET;
    body.ifa_prefixlen = static_cast<std::uint8_t>(prefix_length);
    body.ifa_index = static_cast<std::uint32_t>(index);
    return body;
}

base::Bytes octets(std::string_view address) {
    const base::IpAddress parsed = support::address(address);
    return {parsed.octets().begin(), parsed.octets().end()};
}

Messages a_link() {
    Messages messages;
    messages.begin(RTM_NEWLINK, link_body(7, up_with_carrier))
        .text(IFLA_IFNAME, "eth0")
        .attribute(IFLA_ADDRESS, support::from_hex("0200000000aa"));
    return messages;
}

// An attribute whose payload is one attribute.
base::Bytes nested(int type, std::string_view text) {
    base::Bytes octets(NLA_HDRLEN);
    const nlattr header{static_cast<std::uint16_t>(NLA_HDRLEN + text.size() + 1),
                        static_cast<std::uint16_t>(type)};
    std::memcpy(octets.data(), &header, sizeof(header));
    octets.insert(octets.end(), text.begin(), text.end());
    octets.push_back(0);
    return octets;
}

Messages a_link_of_kind(std::string_view kind) {
    Messages messages = a_link();
    messages.number(IFLA_LINK, 2)
        .number(IFLA_GROUP, 112)
        .text(IFLA_IFALIAS, "tandem lan ipv4")
        .attribute(IFLA_LINKINFO, nested(IFLA_INFO_KIND, kind));
    return messages;
}

Messages an_address() {
    Messages messages;
    messages.begin(RTM_NEWADDR, address_body(7, 24))
        .attribute(IFA_ADDRESS, octets("192.0.2.1"))
        .attribute(IFA_LOCAL, octets("192.0.2.1"))
        .number(IFA_FLAGS, IFA_F_SECONDARY)
        .attribute(IFA_PROTO, base::Bytes{112});
    return messages;
}

// Without what pads the last attribute.
std::size_t length_of(const base::Bytes& message) {
    nlmsghdr header{};
    std::memcpy(&header, message.data(), sizeof(header));
    return header.nlmsg_len;
}

template <typename T>
T only(const std::vector<Event>& events) {
    LONGS_EQUAL(1, events.size());
    return std::get<T>(events.at(0));
}

AddressKey key(std::string_view text) {
    return {LinkIndex{7}, base::InterfaceAddress::parse(text).value()};
}

}  // namespace

TEST_GROUP(ParseMessages){};

TEST(ParseMessages, ALinkWithNameMacAndFlags) {
    const Link link = only<event::LinkSet>(a_link().parsed()).link;
    const Link expected{.index = LinkIndex{7},
                        .name = "eth0",
                        .mac = {{0x02, 0, 0, 0, 0, 0xaa}},
                        .is_up = true,
                        .has_carrier = true};
    CHECK(link == expected);
}

// --- IPv6 forwarding ---

namespace {

// An attribute to stand inside another one; the payload needs no padding.
base::Bytes wrapped(int type, const base::Bytes& payload) {
    const nlattr header{static_cast<std::uint16_t>(NLA_HDRLEN + payload.size()),
                        static_cast<std::uint16_t>(type)};
    const auto* from = reinterpret_cast<const std::uint8_t*>(&header);
    base::Bytes octets{from, from + sizeof(header)};
    octets.insert(octets.end(), payload.begin(), payload.end());
    return octets;
}

base::Bytes values_from(std::initializer_list<std::uint32_t> values) {
    base::Bytes octets;
    for (const std::uint32_t value : values) {
        const auto* from = reinterpret_cast<const std::uint8_t*>(&value);
        octets.insert(octets.end(), from, from + sizeof(value));
    }
    return octets;
}

Messages a_setting(std::uint8_t family) {
    Messages messages;
    messages.begin(RTM_NEWNETCONF, netconfmsg{family});
    return messages;
}

}  // namespace

TEST(ParseMessages, ALinkSaysWhetherItForwardsIpv6) {
    CHECK_FALSE(only<event::LinkSet>(a_link().parsed()).link.forwards_ipv6.has_value());
    for (const std::uint32_t value : {0U, 1U, 2U}) {
        const base::Bytes ipv6 = wrapped(IFLA_INET6_CONF, values_from({value, 64}));
        const auto messages = a_link().attribute(IFLA_AF_SPEC, wrapped(AF_INET6, ipv6)).parsed();
        CHECK(only<event::LinkSet>(messages).link.forwards_ipv6 == (value != 0));
    }
    const base::Bytes empty = wrapped(IFLA_INET6_CONF, {});
    const auto cut = a_link().attribute(IFLA_AF_SPEC, wrapped(AF_INET6, empty)).parsed();
    CHECK_FALSE(only<event::LinkSet>(cut).link.forwards_ipv6.has_value());
}

TEST(ParseMessages, AChangeOfForwardingIsOfItsLink) {
    const auto messages =
        a_setting(AF_INET6).number(NETCONFA_IFINDEX, 7).number(NETCONFA_FORWARDING, 1).parsed();
    const auto change = only<event::ForwardingSet>(messages);
    CHECK(change.index == LinkIndex{7});
    CHECK(change.forwards_ipv6);
}

TEST(ParseMessages, AnotherSettingIsSkipped) {
    CHECK(a_setting(AF_INET6).number(NETCONFA_IFINDEX, 7).parsed().empty());
    CHECK(a_setting(AF_INET6).number(NETCONFA_FORWARDING, 1).parsed().empty());
    CHECK(a_setting(AF_INET)
              .number(NETCONFA_IFINDEX, 7)
              .number(NETCONFA_FORWARDING, 1)
              .parsed()
              .empty());
    CHECK(a_setting(AF_INET6)
              .number(NETCONFA_IFINDEX, 7)
              .attribute(NETCONFA_FORWARDING, base::Bytes{1})
              .parsed()
              .empty());
}

TEST(ParseMessages, AMacvlanHasItsParentAndItsMarks) {
    const Link link = only<event::LinkSet>(a_link_of_kind("macvlan").parsed()).link;
    CHECK(link.macvlan_on == LinkIndex{2});
    STRCMP_EQUAL("tandem lan ipv4", link.alias.c_str());
    LONGS_EQUAL(112, link.group);
    CHECK_TRUE(link.is_ours());
}

TEST(ParseMessages, AnotherKindOfLinkIsNoMacvlan) {
    for (const char* kind : {"macvtap", "macvlanx", "macvla", "veth", ""})
        CHECK_FALSE(
            only<event::LinkSet>(a_link_of_kind(kind).parsed()).link.macvlan_on.has_value());
}

TEST(ParseMessages, TheParentInAnotherNamespaceIsNone) {
    Messages messages = a_link_of_kind("macvlan");
    messages.number(IFLA_LINK_NETNSID, 0);
    CHECK_FALSE(only<event::LinkSet>(messages.parsed()).link.macvlan_on.has_value());
}

TEST(ParseMessages, AdministrativeStateAndCarrierAreTwoThings) {
    Messages messages;
    messages.begin(RTM_NEWLINK, link_body(7, IFF_UP)).text(IFLA_IFNAME, "eth0");
    const Link link = only<event::LinkSet>(messages.parsed()).link;
    CHECK(link.is_up);
    CHECK_FALSE(link.has_carrier);
}

TEST(ParseMessages, AMacOfAnotherLengthIsNone) {
    Messages messages;
    messages.begin(RTM_NEWLINK, link_body(7, 0))
        .text(IFLA_IFNAME, "ib0")
        .attribute(IFLA_ADDRESS, base::Bytes(20, 0xff));
    CHECK(only<event::LinkSet>(messages.parsed()).link.mac == base::MacAddress{});
}

TEST(ParseMessages, ALinkWithoutANameIsSkipped) {
    Messages messages;
    messages.begin(RTM_NEWLINK, link_body(7, up_with_carrier));
    CHECK(messages.parsed().empty());
}

TEST(ParseMessages, ANameWithoutItsEndIsSkipped) {
    Messages messages;
    messages.begin(RTM_NEWLINK, link_body(7, 0))
        .attribute(IFLA_IFNAME, base::Bytes{'e', 't', 'h', '0'});
    CHECK(messages.parsed().empty());
}

TEST(ParseMessages, ALinkThatGoes) {
    Messages messages;
    messages.begin(RTM_DELLINK, link_body(7, 0));
    CHECK(only<event::LinkGone>(messages.parsed()).index == LinkIndex{7});
}

TEST(ParseMessages, APortHasTheKindOfItsMaster) {
    for (const char* kind : {"bridge", "bond", "team"}) {
        Messages messages = a_link();
        messages.number(IFLA_MASTER, 2)
            .attribute(IFLA_LINKINFO, nested(IFLA_INFO_SLAVE_KIND, kind));
        STRCMP_EQUAL(kind, only<event::LinkSet>(messages.parsed()).link.port_of.c_str());
    }
    STRCMP_EQUAL("", only<event::LinkSet>(a_link().parsed()).link.port_of.c_str());
}

// It keeps its addresses and its traffic.
TEST(ParseMessages, AMemberOfAVrfIsNoPort) {
    Messages messages = a_link();
    messages.number(IFLA_MASTER, 2).attribute(IFLA_LINKINFO, nested(IFLA_INFO_SLAVE_KIND, "vrf"));
    STRCMP_EQUAL("", only<event::LinkSet>(messages.parsed()).link.port_of.c_str());
}

// `bridge link` messages: the port left the bridge, the link is still there.
TEST(ParseMessages, MessagesOfTheBridgeFamilyAreNotAboutTheLink) {
    ifinfomsg body = link_body(7, up_with_carrier);
    body.ifi_family = AF_BRIDGE;
    Messages messages;
    messages.begin(RTM_DELLINK, body).text(IFLA_IFNAME, "eth0");
    messages.begin(RTM_NEWLINK, body).text(IFLA_IFNAME, "eth0");
    CHECK(messages.parsed().empty());
}

TEST(ParseMessages, AnAddressWithItsMarkAndFlags) {
    const auto set = only<event::AddressSet>(an_address().parsed());
    CHECK(set.key == key("192.0.2.1/24"));
    CHECK(set.facts == (AddressFacts{.protocol = 112, .is_secondary = true}));
}

TEST(ParseMessages, AnAddressThatGoes) {
    Messages messages;
    messages.begin(RTM_DELADDR, address_body(7, 24)).attribute(IFA_LOCAL, octets("192.0.2.1"));
    CHECK(only<event::AddressGone>(messages.parsed()).key == key("192.0.2.1/24"));
}

TEST(ParseMessages, OnAPointToPointLinkTheLocalAddressCounts) {
    Messages messages;
    messages.begin(RTM_NEWADDR, address_body(7, 32))
        .attribute(IFA_ADDRESS, octets("192.0.2.200"))
        .attribute(IFA_LOCAL, octets("192.0.2.1"));
    CHECK(only<event::AddressSet>(messages.parsed()).key == key("192.0.2.1/32"));
}

TEST(ParseMessages, AnIpv6AddressHasNoLocalAttribute) {
    Messages messages;
    messages.begin(RTM_NEWADDR, address_body(7, 64))
        .attribute(IFA_ADDRESS, octets("2001:db8::1"))
        .number(IFA_FLAGS, IFA_F_TENTATIVE);
    const auto set = only<event::AddressSet>(messages.parsed());
    CHECK(set.key == key("2001:db8::1/64"));
    CHECK(set.facts.is_tentative);
}

TEST(ParseMessages, AFailedDuplicateAddressDetectionIsTentativeForGood) {
    Messages messages;
    messages.begin(RTM_NEWADDR, address_body(7, 64))
        .attribute(IFA_ADDRESS, octets("2001:db8::1"))
        .number(IFA_FLAGS, IFA_F_DADFAILED | IFA_F_PERMANENT);
    CHECK(only<event::AddressSet>(messages.parsed()).facts.is_tentative);
}

TEST(ParseMessages, WithoutTheWideFlagsTheNarrowOnesCount) {
    ifaddrmsg body = address_body(7, 24);
    body.ifa_flags = IFA_F_SECONDARY;
    Messages messages;
    messages.begin(RTM_NEWADDR, body).attribute(IFA_LOCAL, octets("192.0.2.1"));
    CHECK(only<event::AddressSet>(messages.parsed()).facts.is_secondary);
}

TEST(ParseMessages, WithoutAMarkTheProtocolIsZero) {
    Messages messages;
    messages.begin(RTM_NEWADDR, address_body(7, 24)).attribute(IFA_LOCAL, octets("192.0.2.1"));
    LONGS_EQUAL(0, only<event::AddressSet>(messages.parsed()).facts.protocol);
}

TEST(ParseMessages, AddressesThatMakeNoSenseAreSkipped) {
    Messages messages;
    messages.begin(RTM_NEWADDR, address_body(7, 24));
    messages.begin(RTM_NEWADDR, address_body(7, 33)).attribute(IFA_LOCAL, octets("192.0.2.1"));
    messages.begin(RTM_NEWADDR, address_body(7, 24)).attribute(IFA_LOCAL, base::Bytes(5));
    messages.begin(RTM_NEWADDR, address_body(7, 24)).attribute(IFA_LOCAL, {});
    CHECK(messages.parsed().empty());
}

TEST(ParseMessages, FlagsAndMarksOfAnotherLengthAreIgnored) {
    Messages messages;
    messages.begin(RTM_NEWADDR, address_body(7, 24))
        .attribute(IFA_LOCAL, octets("192.0.2.1"))
        .attribute(IFA_FLAGS, base::Bytes{0xff})
        .number(IFA_PROTO, 112);
    CHECK(only<event::AddressSet>(messages.parsed()).facts == AddressFacts{});
}

TEST(ParseMessages, SeveralInOneBufferKeepTheirOrder) {
    base::Bytes all = a_link().bytes();
    const base::Bytes second = an_address().bytes();
    all.insert(all.end(), second.begin(), second.end());
    const auto events = parse_messages(all);
    LONGS_EQUAL(2, events.size());
    CHECK(std::holds_alternative<event::LinkSet>(events[0]));
    CHECK(std::holds_alternative<event::AddressSet>(events[1]));
}

TEST(ParseMessages, OtherMessagesAreSkipped) {
    Messages messages;
    for (const int type : {NLMSG_NOOP, NLMSG_DONE, int{RTM_NEWROUTE}, int{RTM_NEWNEIGH}, 0xffff})
        messages.begin(type, link_body(7, 0));
    CHECK(messages.parsed().empty());
}

TEST(ParseMessages, ABufferThatEndsInTheMiddleGivesNoEvent) {
    for (const base::Bytes& whole : {a_link().bytes(), an_address().bytes()})
        for (std::size_t size = 0; size < length_of(whole); ++size)
            CHECK(parse_messages({whole.data(), size}).empty());
}

TEST(ParseMessages, AMessageThatIsTooShortForItsTypeIsSkipped) {
    for (const int type : {RTM_NEWLINK, RTM_DELLINK, RTM_NEWADDR, RTM_DELADDR}) {
        Messages messages;
        messages.begin(type, std::uint32_t{7});
        CHECK(messages.parsed().empty());
    }
}

// What they give does not matter; the sanitizers look whether anything outside is read.
TEST(ParseMessages, GarbageIsReadWithoutLeavingTheBuffer) {
    constexpr std::size_t behind_length = 4;
    std::mt19937 random{1};
    const base::Bytes sound = an_address().bytes();
    for (int round = 0; round < 20'000; ++round) {
        base::Bytes damaged = sound;
        for (int i = 0; i < 3; ++i)
            damaged[behind_length + random() % (damaged.size() - behind_length)] =
                static_cast<std::uint8_t>(random());
        (void)parse_messages(damaged);
    }
}

TEST(ParseMessages, AMessageThatClaimsToBeLongerThanTheBufferIsSkipped) {
    for (const std::uint32_t length : {0U, 15U, 1000U, 0x7fffffffU}) {
        base::Bytes damaged = a_link().bytes();
        std::memcpy(damaged.data(), &length, sizeof(length));
        CHECK(parse_messages(damaged).empty());
    }
}
