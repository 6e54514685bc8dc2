#include "kernel/filter.hpp"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>
#include <libnftnl/table.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>

#include <array>
#include <cstddef>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "base/netlink.hpp"

namespace kernel {

namespace {

// Before the rules of the host's own firewall (priority 0), so that those never count or answer
// (`reject`) what is not accepted anyway.
constexpr std::int32_t hook_priority = -10;
constexpr const char* chain_name = "input";
// The length of an attribute is 16 bits, and so many elements stay below it with room to spare.
constexpr std::size_t elements_a_message = 1000;

// How nft calls the types of set keys, so that `nft list ruleset` shows them as what they are.
constexpr std::uint32_t type_ipv4 = 7;
constexpr std::uint32_t type_ipv6 = 8;
constexpr std::uint32_t type_link_and_ipv6 = 20 << 6 | 8;

struct SetShape {
    const char* name;
    std::uint32_t number;  // what refers to the set within the transaction
    std::uint32_t key_type;
    std::uint32_t key_size;
};
constexpr SetShape ipv4_set{"refused4", 1, type_ipv4, 4};
constexpr SetShape ipv6_set{"refused6", 2, type_ipv6, 16};
constexpr SetShape link_local_set{"refused_link_local", 3, type_link_and_ipv6, 20};

struct Release {
    void operator()(nftnl_table* table) const { nftnl_table_free(table); }
    void operator()(nftnl_chain* chain) const { nftnl_chain_free(chain); }
    void operator()(nftnl_set* set) const { nftnl_set_free(set); }
    void operator()(nftnl_rule* rule) const { nftnl_rule_free(rule); }
    void operator()(nftnl_udata_buf* buffer) const { nftnl_udata_buf_free(buffer); }
};
template <typename T>
using Owned = std::unique_ptr<T, Release>;

// What libnftnl allocates is small, and gone when it fails: that is std::bad_alloc to us as well.
template <typename T>
T* allocated(T* made) {
    if (made == nullptr) throw std::bad_alloc{};
    return made;
}

const char* table_name() { return filter_table.data(); }

// ---- a transaction ---------------------------------------------------------------------------

class Batch {
public:
    explicit Batch(std::uint32_t sequence) : sequence_{sequence} {
        keep(nftnl_batch_begin(scratch_.data(), sequence_++));
    }

    // `write` puts the payload into the message.
    template <typename Write>
    void add(std::uint16_t type, std::uint16_t flags, const Write& write) {
        last_at_ = messages_.size();
        nlmsghdr* header =
            nftnl_nlmsg_build_hdr(scratch_.data(), type, NFPROTO_INET, flags, sequence_++);
        write(header);
        keep(header);
    }

    // One acknowledgement, for the last message: the kernel sends it after those errors that came
    // before, and after the commit.
    FilterBatch finish() {
        auto* last = reinterpret_cast<nlmsghdr*>(messages_.data() + last_at_);
        last->nlmsg_flags |= NLM_F_ACK;
        const std::uint32_t acknowledged = last->nlmsg_seq;
        keep(nftnl_batch_end(scratch_.data(), sequence_));
        return {std::move(messages_), acknowledged};
    }

private:
    void keep(const void* message) {
        const auto* octets = static_cast<const std::uint8_t*>(message);
        const std::uint32_t size = static_cast<const nlmsghdr*>(message)->nlmsg_len;
        messages_.insert(messages_.end(), octets, octets + NLMSG_ALIGN(size));
    }

    std::uint32_t sequence_;
    std::vector<char> scratch_ = std::vector<char>(64 * 1024);
    base::Bytes messages_;
    std::size_t last_at_ = 0;
};

// ---- its objects -----------------------------------------------------------------------------

Owned<nftnl_table> named_table() {
    Owned<nftnl_table> table{allocated(nftnl_table_alloc())};
    nftnl_table_set_u32(table.get(), NFTNL_TABLE_FAMILY, NFPROTO_INET);
    nftnl_table_set_str(table.get(), NFTNL_TABLE_NAME, table_name());
    return table;
}

void delete_table(Batch& batch) {
    const auto table = named_table();
    const auto write = [&](nlmsghdr* header) {
        nftnl_table_nlmsg_build_payload(header, table.get());
    };
    // Deleting what is not there would fail the transaction, so it is made first; making what is
    // there changes nothing.
    batch.add(NFT_MSG_NEWTABLE, NLM_F_CREATE, write);
    batch.add(NFT_MSG_DELTABLE, 0, write);
}

void add_table(Batch& batch) {
    const auto table = named_table();
    const Owned<nftnl_udata_buf> comment{allocated(nftnl_udata_buf_alloc(NFT_USERDATA_MAXLEN))};
    nftnl_udata_put_strz(comment.get(), NFTNL_UDATA_TABLE_COMMENT, filter_mark.data());
    nftnl_table_set_data(table.get(), NFTNL_TABLE_USERDATA, nftnl_udata_buf_data(comment.get()),
                         nftnl_udata_buf_len(comment.get()));
    batch.add(NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL,
              [&](nlmsghdr* header) { nftnl_table_nlmsg_build_payload(header, table.get()); });
}

void add_chain(Batch& batch) {
    const Owned<nftnl_chain> chain{allocated(nftnl_chain_alloc())};
    nftnl_chain_set_str(chain.get(), NFTNL_CHAIN_TABLE, table_name());
    nftnl_chain_set_str(chain.get(), NFTNL_CHAIN_NAME, chain_name);
    nftnl_chain_set_str(chain.get(), NFTNL_CHAIN_TYPE, "filter");
    nftnl_chain_set_u32(chain.get(), NFTNL_CHAIN_HOOKNUM, NF_INET_LOCAL_IN);
    nftnl_chain_set_s32(chain.get(), NFTNL_CHAIN_PRIO, hook_priority);
    nftnl_chain_set_u32(chain.get(), NFTNL_CHAIN_POLICY, NF_ACCEPT);
    batch.add(NFT_MSG_NEWCHAIN, NLM_F_CREATE,
              [&](nlmsghdr* header) { nftnl_chain_nlmsg_build_payload(header, chain.get()); });
}

Owned<nftnl_set> named_set(const SetShape& shape) {
    Owned<nftnl_set> set{allocated(nftnl_set_alloc())};
    nftnl_set_set_str(set.get(), NFTNL_SET_TABLE, table_name());
    nftnl_set_set_str(set.get(), NFTNL_SET_NAME, shape.name);
    nftnl_set_set_u32(set.get(), NFTNL_SET_ID, shape.number);
    return set;
}

using Keys = std::vector<base::Bytes>;

void add_elements(Batch& batch, const SetShape& shape, const Keys& keys) {
    for (std::size_t first = 0; first < keys.size(); first += elements_a_message) {
        const auto set = named_set(shape);
        const std::size_t end = std::min(first + elements_a_message, keys.size());
        for (std::size_t i = first; i < end; ++i) {
            nftnl_set_elem* element = allocated(nftnl_set_elem_alloc());
            nftnl_set_elem_set(element, NFTNL_SET_ELEM_KEY, keys[i].data(),
                               static_cast<std::uint32_t>(keys[i].size()));
            nftnl_set_elem_add(set.get(), element);
        }
        batch.add(NFT_MSG_NEWSETELEM, NLM_F_CREATE, [&](nlmsghdr* header) {
            nftnl_set_elems_nlmsg_build_payload(header, set.get());
        });
    }
}

void add_set(Batch& batch, const SetShape& shape, const Keys& keys) {
    const auto set = named_set(shape);
    nftnl_set_set_u32(set.get(), NFTNL_SET_FAMILY, NFPROTO_INET);
    nftnl_set_set_u32(set.get(), NFTNL_SET_KEY_TYPE, shape.key_type);
    nftnl_set_set_u32(set.get(), NFTNL_SET_KEY_LEN, shape.key_size);
    batch.add(NFT_MSG_NEWSET, NLM_F_CREATE,
              [&](nlmsghdr* header) { nftnl_set_nlmsg_build_payload(header, set.get()); });
    add_elements(batch, shape, keys);
}

// ---- rules -----------------------------------------------------------------------------------

// A rule as the expressions of nftables' virtual machine, which work on registers. The old numbers
// name 16 octets each, the new ones 4; NFT_REG_1 begins where NFT_REG32_00 does.
class Rule {
public:
    Rule() : rule_{allocated(nftnl_rule_alloc())} {
        nftnl_rule_set_str(rule_.get(), NFTNL_RULE_TABLE, table_name());
        nftnl_rule_set_str(rule_.get(), NFTNL_RULE_CHAIN, chain_name);
        nftnl_rule_set_u32(rule_.get(), NFTNL_RULE_FAMILY, NFPROTO_INET);
    }

    Rule& load_meta(std::uint32_t key) {
        nftnl_expr* loading = expression("meta");
        nftnl_expr_set_u32(loading, NFTNL_EXPR_META_DREG, NFT_REG_1);
        nftnl_expr_set_u32(loading, NFTNL_EXPR_META_KEY, key);
        return append(loading);
    }
    Rule& load_payload(std::uint32_t base, std::size_t offset, std::size_t size,
                       std::uint32_t target) {
        nftnl_expr* loading = expression("payload");
        nftnl_expr_set_u32(loading, NFTNL_EXPR_PAYLOAD_DREG, target);
        nftnl_expr_set_u32(loading, NFTNL_EXPR_PAYLOAD_BASE, base);
        nftnl_expr_set_u32(loading, NFTNL_EXPR_PAYLOAD_OFFSET, static_cast<std::uint32_t>(offset));
        nftnl_expr_set_u32(loading, NFTNL_EXPR_PAYLOAD_LEN, static_cast<std::uint32_t>(size));
        return append(loading);
    }
    Rule& compare(std::uint32_t operation, std::uint8_t value) {
        nftnl_expr* comparing = expression("cmp");
        nftnl_expr_set_u32(comparing, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
        nftnl_expr_set_u32(comparing, NFTNL_EXPR_CMP_OP, operation);
        nftnl_expr_set(comparing, NFTNL_EXPR_CMP_DATA, &value, sizeof(value));
        return append(comparing);
    }
    Rule& only_in(const SetShape& shape) {
        nftnl_expr* looking = expression("lookup");
        nftnl_expr_set_u32(looking, NFTNL_EXPR_LOOKUP_SREG, NFT_REG_1);
        nftnl_expr_set_str(looking, NFTNL_EXPR_LOOKUP_SET, shape.name);
        nftnl_expr_set_u32(looking, NFTNL_EXPR_LOOKUP_SET_ID, shape.number);
        return append(looking);
    }
    void verdict(Batch& batch, std::uint32_t code) {
        nftnl_expr* ending = expression("immediate");
        nftnl_expr_set_u32(ending, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
        nftnl_expr_set_u32(ending, NFTNL_EXPR_IMM_VERDICT, code);
        append(ending);
        batch.add(NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND,
                  [&](nlmsghdr* header) { nftnl_rule_nlmsg_build_payload(header, rule_.get()); });
    }

private:
    static nftnl_expr* expression(const char* name) { return allocated(nftnl_expr_alloc(name)); }
    Rule& append(nftnl_expr* expression) {
        nftnl_rule_add_expr(rule_.get(), expression);
        return *this;
    }
    Owned<nftnl_rule> rule_;
};

constexpr std::size_t ipv4_destination = offsetof(iphdr, daddr);
constexpr std::size_t ipv6_destination = offsetof(ip6_hdr, ip6_dst);

void add_rules(Batch& batch) {
    Rule{}
        .load_meta(NFT_META_NFPROTO)
        .compare(NFT_CMP_EQ, NFPROTO_IPV4)
        .load_payload(NFT_PAYLOAD_NETWORK_HEADER, ipv4_destination, 4, NFT_REG_1)
        .only_in(ipv4_set)
        .verdict(batch, NF_DROP);
    // Neighbor Solicitation and Advertisement; ARP is no IP and does not come by here.
    Rule{}
        .load_meta(NFT_META_NFPROTO)
        .compare(NFT_CMP_EQ, NFPROTO_IPV6)
        .load_meta(NFT_META_L4PROTO)
        .compare(NFT_CMP_EQ, IPPROTO_ICMPV6)
        .load_payload(NFT_PAYLOAD_TRANSPORT_HEADER, offsetof(icmp6_hdr, icmp6_type), 1, NFT_REG_1)
        .compare(NFT_CMP_GTE, ND_NEIGHBOR_SOLICIT)
        .compare(NFT_CMP_LTE, ND_NEIGHBOR_ADVERT)
        .verdict(batch, NF_ACCEPT);
    Rule{}
        .load_meta(NFT_META_NFPROTO)
        .compare(NFT_CMP_EQ, NFPROTO_IPV6)
        .load_payload(NFT_PAYLOAD_NETWORK_HEADER, ipv6_destination, 16, NFT_REG_1)
        .only_in(ipv6_set)
        .verdict(batch, NF_DROP);
    Rule{}
        .load_meta(NFT_META_NFPROTO)
        .compare(NFT_CMP_EQ, NFPROTO_IPV6)
        .load_meta(NFT_META_IIF)
        .load_payload(NFT_PAYLOAD_NETWORK_HEADER, ipv6_destination, 16, NFT_REG32_01)
        .only_in(link_local_set)
        .verdict(batch, NF_DROP);
}

base::Bytes key_of(const Refusal& refusal) {
    base::Bytes key;
    if (refusal.address.is_link_local_ipv6()) {
        const auto* index = reinterpret_cast<const std::uint8_t*>(&refusal.link.value);
        key.assign(index, index + sizeof(refusal.link.value));
    }
    const base::ByteView octets = refusal.address.octets();
    key.insert(key.end(), octets.begin(), octets.end());
    return key;
}

// ---- reading ---------------------------------------------------------------------------------

const nlattr* attribute_of(const nlmsghdr* header, std::uint16_t type) {
    struct Search {
        std::uint16_t type;
        const nlattr* found;
    } search{type, nullptr};
    const auto keep = [](const nlattr* attribute, void* into) {
        auto& target = *static_cast<Search*>(into);
        if (mnl_attr_get_type(attribute) == target.type) target.found = attribute;
        return MNL_CB_OK;
    };
    mnl_attr_parse(header, sizeof(nfgenmsg), keep, &search);
    return search.found;
}

bool is_about_our_table(const nlmsghdr* header) {
    if (header->nlmsg_type >> 8 != NFNL_SUBSYS_NFTABLES) return false;
    if ((header->nlmsg_type & 0xff) == NFT_MSG_NEWGEN) return false;  // has no table
    if (mnl_nlmsg_get_payload_len(header) < sizeof(nfgenmsg)) return false;
    const auto* body = static_cast<const nfgenmsg*>(mnl_nlmsg_get_payload(header));
    if (body->nfgen_family != NFPROTO_INET) return false;
    // The first attribute of every kind of object is the name of its table, a table's its own.
    static_assert(NFTA_TABLE_NAME == 1 && NFTA_CHAIN_TABLE == 1 && NFTA_RULE_TABLE == 1 &&
                  NFTA_SET_TABLE == 1 && NFTA_SET_ELEM_LIST_TABLE == 1 && NFTA_OBJ_TABLE == 1 &&
                  NFTA_FLOWTABLE_TABLE == 1);
    const nlattr* table = attribute_of(header, NFTA_TABLE_NAME);
    return table != nullptr && mnl_attr_validate(table, MNL_TYPE_NUL_STRING) >= 0 &&
           mnl_attr_get_str(table) == filter_table;
}

}  // namespace

FilterBatch filter_batch(const Refusals& refusals, std::uint32_t sequence) {
    Batch batch{sequence};
    delete_table(batch);
    if (refusals.empty()) return batch.finish();
    Keys ipv4;
    Keys ipv6;
    Keys link_local;
    for (const Refusal& refusal : refusals) {
        const base::IpAddress& address = refusal.address;
        Keys& keys = address.family() == base::Family::ipv4 ? ipv4
                     : address.is_link_local_ipv6()         ? link_local
                                                            : ipv6;
        keys.push_back(key_of(refusal));
    }
    add_table(batch);
    add_set(batch, ipv4_set, ipv4);
    add_set(batch, ipv6_set, ipv6);
    add_set(batch, link_local_set, link_local);
    add_chain(batch);
    add_rules(batch);
    return batch.finish();
}

base::Bytes filter_question(std::uint32_t sequence) {
    std::array<char, 256> buffer{};
    const auto table = named_table();
    nlmsghdr* header =
        nftnl_nlmsg_build_hdr(buffer.data(), NFT_MSG_GETTABLE, NFPROTO_INET, 0, sequence);
    nftnl_table_nlmsg_build_payload(header, table.get());
    return {buffer.data(), buffer.data() + header->nlmsg_len};
}

Owner owner_of(base::ByteView message) {
    const auto* header = reinterpret_cast<const nlmsghdr*>(message.data());
    if (message.size() < NLMSG_LENGTH(sizeof(nfgenmsg)) ||
        !base::is_whole(header, static_cast<int>(message.size())))
        return Owner::somebody;
    const nlattr* notes = attribute_of(header, NFTA_TABLE_USERDATA);
    if (notes == nullptr) return Owner::somebody;
    // A comment is a type, a length, and the text with its end (libnftnl's udata).
    const std::string ours = std::string{static_cast<char>(NFTNL_UDATA_TABLE_COMMENT),
                                         static_cast<char>(filter_mark.size() + 1)} +
                             std::string{filter_mark} + '\0';
    const std::string_view found{static_cast<const char*>(mnl_attr_get_payload(notes)),
                                 mnl_attr_get_payload_len(notes)};
    return found == ours ? Owner::us : Owner::somebody;
}

bool is_filter_changed(base::ByteView notifications, std::uint32_t our_port) {
    int left = static_cast<int>(notifications.size());
    for (const auto* header = reinterpret_cast<const nlmsghdr*>(notifications.data());
         base::is_whole(header, left); header = mnl_nlmsg_next(header, &left))
        if (header->nlmsg_pid != our_port && is_about_our_table(header)) return true;
    return false;
}

}  // namespace kernel
