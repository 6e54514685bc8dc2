// The transactions of kernel::filter_batch() as messages, and who is believed to have changed what.
#include "kernel/filter.hpp"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include <cstring>
#include <string>
#include <vector>

#include "support.hpp"

#include <CppUTest/TestHarness.h>

using kernel::FilterBatch;
using kernel::LinkIndex;
using kernel::Refusal;
using kernel::Refusals;

namespace {

constexpr std::uint32_t our_port = 4711;
constexpr std::uint32_t other_port = 99;

Refusal refusal(std::string_view address, int link = 3) {
    return Refusal::of(base::IpAddress::parse(address).value(), LinkIndex{link});
}

struct Message {
    nlmsghdr header;
    base::ByteView bytes;
    [[nodiscard]] int kind() const { return header.nlmsg_type & 0xff; }
    [[nodiscard]] bool is_nftables() const {
        return header.nlmsg_type >> 8 == NFNL_SUBSYS_NFTABLES;
    }
    [[nodiscard]] bool has(std::string_view octets) const {
        const std::string_view text{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
        return text.find(octets) != std::string_view::npos;
    }
};

std::vector<Message> messages_in(base::ByteView bytes) {
    std::vector<Message> found;
    while (bytes.size() >= sizeof(nlmsghdr)) {
        Message message{};
        std::memcpy(&message.header, bytes.data(), sizeof(message.header));
        CHECK_TRUE(message.header.nlmsg_len <= bytes.size());
        message.bytes = bytes.first(message.header.nlmsg_len);
        found.push_back(message);
        bytes = bytes.subspan(NLMSG_ALIGN(message.header.nlmsg_len));
    }
    CHECK_TRUE(bytes.empty());
    return found;
}

// What it does, in short: "+table", "-table", "+set", "+elements", "+chain", "+rule".
std::string story_of(const FilterBatch& batch) {
    std::string story;
    for (const Message& message : messages_in(batch.messages)) {
        if (!message.is_nftables()) continue;
        switch (message.kind()) {
            case NFT_MSG_NEWTABLE: story += "+table "; break;
            case NFT_MSG_DELTABLE: story += "-table "; break;
            case NFT_MSG_NEWSET: story += "+set "; break;
            case NFT_MSG_NEWSETELEM: story += "+elements "; break;
            case NFT_MSG_NEWCHAIN: story += "+chain "; break;
            case NFT_MSG_NEWRULE: story += "+rule "; break;
            default: story += "? ";
        }
    }
    return story;
}

// As the kernel tells others of a transaction: its messages, from the port that it came from.
base::Bytes told(base::ByteView messages, int kind, std::uint32_t port) {
    base::Bytes notification;
    for (const Message& message : messages_in(messages)) {
        if (!message.is_nftables() || message.kind() != kind) continue;
        nlmsghdr header = message.header;
        header.nlmsg_pid = port;
        base::Bytes copy{message.bytes.begin(), message.bytes.end()};
        std::memcpy(copy.data(), &header, sizeof(header));
        notification.insert(notification.end(), copy.begin(), copy.end());
    }
    CHECK_FALSE(notification.empty());
    return notification;
}

void replace_text(base::Bytes& bytes, std::string_view from, std::string_view to) {
    const std::string_view text{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    const std::size_t at = text.find(from);
    CHECK_TRUE(at != std::string_view::npos && from.size() == to.size());
    std::memcpy(bytes.data() + at, to.data(), to.size());
}

const Refusals some{refusal("192.0.2.1"), refusal("2001:db8::1"), refusal("fe80::1")};

}  // namespace

TEST_GROUP(KernelFilter){};

TEST(KernelFilter, ALinkLocalAddressIsRefusedOnItsLinkAndAnyOtherEverywhere) {
    CHECK(refusal("fe80::1", 3) != refusal("fe80::1", 4));
    CHECK(refusal("2001:db8::1", 3) == refusal("2001:db8::1", 4));
    CHECK(refusal("192.0.2.1", 3) == refusal("192.0.2.1", 4));
}

TEST(KernelFilter, TheTableIsMadeAnewInOneTransaction) {
    STRCMP_EQUAL(
        "+table -table +table +set +elements +set +elements +set +elements +chain "
        "+rule +rule +rule +rule ",
        story_of(kernel::filter_batch(some, 1)).c_str());
    const auto messages = messages_in(kernel::filter_batch(some, 1).messages);
    LONGS_EQUAL(NFNL_MSG_BATCH_BEGIN, messages.front().header.nlmsg_type);
    LONGS_EQUAL(NFNL_MSG_BATCH_END, messages.back().header.nlmsg_type);
}

TEST(KernelFilter, WithoutRefusalsThereIsNoTable) {
    STRCMP_EQUAL("+table -table ", story_of(kernel::filter_batch({}, 1)).c_str());
}

TEST(KernelFilter, OnlyTheLastMessageIsAcknowledged) {
    for (const Refusals& refusals : {Refusals{}, some}) {
        const FilterBatch batch = kernel::filter_batch(refusals, 100);
        const auto messages = messages_in(batch.messages);
        std::uint32_t sequence = 100;
        for (const Message& message : messages) {
            LONGS_EQUAL(sequence++, message.header.nlmsg_seq);
            const bool is_last = &message == &messages[messages.size() - 2];
            CHECK_EQUAL(is_last, (message.header.nlmsg_flags & NLM_F_ACK) != 0);
            if (is_last) LONGS_EQUAL(batch.last, message.header.nlmsg_seq);
        }
    }
}

TEST(KernelFilter, ThousandsOfAddressesAreSplitOverMessages) {
    Refusals many;
    for (std::uint32_t i = 0; i < 5000; ++i)
        many.insert({base::IpAddress::v4(0x0a000000 + i), LinkIndex{}});
    for (int i = 1; i <= 5000; ++i) many.insert(refusal("fe80::1", i));
    const FilterBatch batch = kernel::filter_batch(many, 1);
    std::size_t elements = 0;
    for (const Message& message : messages_in(batch.messages)) {
        CHECK_TRUE(message.header.nlmsg_len < 0xffff);
        if (message.is_nftables() && message.kind() == NFT_MSG_NEWSETELEM) ++elements;
    }
    LONGS_EQUAL(10, elements);
}

TEST(KernelFilter, AllAddressesAreInIt) {
    const FilterBatch batch = kernel::filter_batch(some, 1);
    const auto is_in = [&](std::string_view octets) {
        for (const Message& message : messages_in(batch.messages))
            if (message.kind() == NFT_MSG_NEWSETELEM && message.has(octets)) return true;
        return false;
    };
    CHECK_TRUE(is_in(std::string_view{"\xc0\x00\x02\x01", 4}));
    CHECK_TRUE(is_in(std::string_view{"\x20\x01\x0d\xb8", 4}));
    CHECK_TRUE(is_in(std::string_view{"\x03\x00\x00\x00\xfe\x80", 6}));  // the link before it
}

TEST(KernelFilter, ATableIsOursByItsComment) {
    const FilterBatch batch = kernel::filter_batch(some, 1);
    base::Bytes answer;
    for (const Message& message : messages_in(batch.messages))
        if (message.is_nftables() && message.kind() == NFT_MSG_NEWTABLE)
            answer.assign(message.bytes.begin(), message.bytes.end());
    CHECK(kernel::owner_of(answer) == kernel::Owner::us);
    replace_text(answer, "tandemd for", "somebody es");
    CHECK(kernel::owner_of(answer) == kernel::Owner::somebody);

    const base::Bytes without_comment = kernel::filter_question(1);
    CHECK(kernel::owner_of(without_comment) == kernel::Owner::somebody);
    CHECK(kernel::owner_of({}) == kernel::Owner::somebody);
    for (std::size_t size = 0; size < answer.size(); ++size)
        CHECK(kernel::owner_of(base::ByteView{answer}.first(size)) == kernel::Owner::somebody);
}

TEST(KernelFilter, WhatSomebodyElseDoesToAnyPartOfTheTableIsNoticed) {
    const FilterBatch batch = kernel::filter_batch(some, 1);
    for (const int kind : {NFT_MSG_NEWTABLE, NFT_MSG_DELTABLE, NFT_MSG_NEWCHAIN, NFT_MSG_NEWRULE,
                           NFT_MSG_NEWSET, NFT_MSG_NEWSETELEM}) {
        CHECK_TRUE(kernel::is_filter_changed(told(batch.messages, kind, other_port), our_port));
        CHECK_FALSE(kernel::is_filter_changed(told(batch.messages, kind, our_port), our_port));
    }
}

TEST(KernelFilter, WhatHappensToOtherTablesIsNot) {
    const FilterBatch batch = kernel::filter_batch({}, 1);
    base::Bytes other = told(batch.messages, NFT_MSG_DELTABLE, other_port);
    base::Bytes other_family = other;
    base::Bytes other_subsystem = other;
    replace_text(other, "tandem", "tondem");
    CHECK_FALSE(kernel::is_filter_changed(other, our_port));
    other_family[sizeof(nlmsghdr)] = NFPROTO_IPV4;
    CHECK_FALSE(kernel::is_filter_changed(other_family, our_port));
    other_subsystem[5] = NFNL_SUBSYS_CTNETLINK;
    CHECK_FALSE(kernel::is_filter_changed(other_subsystem, our_port));
}

TEST(KernelFilter, ACutNotificationIsNotReadPastItsEnd) {
    const FilterBatch batch = kernel::filter_batch(some, 1);
    const base::Bytes whole = told(batch.messages, NFT_MSG_DELTABLE, other_port);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const base::Bytes cut{whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)};
        CHECK_FALSE(kernel::is_filter_changed(cut, our_port));
    }
}
