#include "kernel/address_writer.hpp"

#include <fmt/format.h>
#include <linux/if_addr.h>
#include <linux/ip.h>
#include <netlink/addr.h>
#include <netlink/attr.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/inet.h>
#include <netlink/socket.h>
#include <sys/socket.h>

#include <optional>

namespace kernel {

namespace {

struct Release {
    void operator()(nl_addr* address) const { nl_addr_put(address); }
    void operator()(rtnl_addr* address) const { rtnl_addr_put(address); }
    void operator()(rtnl_link* link) const { rtnl_link_put(link); }
    void operator()(nl_msg* message) const { nlmsg_free(message); }
};
template <typename T>
using Owned = std::unique_ptr<T, Release>;

// libnl folds several errno values into one of its own; its text says what it means.
base::Error failed(std::string attempt, int libnl_error) {
    return {std::move(attempt), 0, nl_geterror(libnl_error)};
}

Owned<rtnl_addr> object_of(const AddressKey& key) {
    const bool ipv4 = key.address.family() == base::Family::ipv4;
    const base::ByteView octets = key.address.address().octets();
    const Owned<nl_addr> local{
        nl_addr_build(ipv4 ? AF_INET : AF_INET6, octets.data(), octets.size())};
    Owned<rtnl_addr> object{rtnl_addr_alloc()};
    if (!local || !object) return nullptr;
    nl_addr_set_prefixlen(local.get(), key.address.prefix_length());
    rtnl_addr_set_ifindex(object.get(), key.link.value);
    if (rtnl_addr_set_local(object.get(), local.get()) < 0) return nullptr;
    // Duplicate address detection would keep a virtual address unusable for a second after each
    // takeover, and for good while the peer that gives it up still answers.
    if (!ipv4) rtnl_addr_set_flags(object.get(), IFA_F_NODAD);
    return object;
}

// promote_secondaries of one interface, set for as long as this value lives. Goes by netlink:
// /proc/sys is read-only under the unit's sandbox.
class PromotionGuard {
public:
    PromotionGuard(nl_sock* socket, LinkIndex index) : socket_{socket}, index_{index} {
        rtnl_link* found = nullptr;
        std::uint32_t value = 0;
        if (rtnl_link_get_kernel(socket, index.value, nullptr, &found) < 0) return;
        const Owned<rtnl_link> link{found};
        if (rtnl_link_inet_get_conf(link.get(), IPV4_DEVCONF_PROMOTE_SECONDARIES, &value) < 0 ||
            value != 0)
            return;
        must_restore_ = set(1) >= 0;
    }
    ~PromotionGuard() {
        if (must_restore_) set(0);
    }
    PromotionGuard(const PromotionGuard&) = delete;
    PromotionGuard& operator=(const PromotionGuard&) = delete;

private:
    int set(std::uint32_t value) const {
        const Owned<rtnl_link> target{rtnl_link_alloc()};
        const Owned<rtnl_link> change{rtnl_link_alloc()};
        if (!target || !change) return -NLE_NOMEM;
        rtnl_link_set_ifindex(target.get(), index_.value);
        rtnl_link_inet_set_conf(change.get(), IPV4_DEVCONF_PROMOTE_SECONDARIES, value);
        return rtnl_link_change(socket_, target.get(), change.get(), 0);
    }

    nl_sock* socket_;
    LinkIndex index_;
    bool must_restore_ = false;
};

}  // namespace

void AddressWriter::CloseSocket::operator()(nl_sock* socket) const { nl_socket_free(socket); }

base::Result<AddressWriter> AddressWriter::open() {
    Socket socket{nl_socket_alloc()};
    if (!socket) return base::failure("open a netlink socket", "out of memory");
    if (const int error = nl_connect(socket.get(), NETLINK_ROUTE); error < 0)
        return std::unexpected(failed("open a netlink socket", error));
    return AddressWriter{std::move(socket)};
}

base::Result<void> AddressWriter::add(const AddressKey& key) {
    const std::string attempt =
        fmt::format("add {} to interface {}", key.address.text(), key.link.value);
    const Owned<rtnl_addr> object = object_of(key);
    nl_msg* built = nullptr;
    if (!object || rtnl_addr_build_add_request(object.get(), NLM_F_EXCL, &built) < 0)
        return base::failure(attempt, "out of memory");
    // libnl knows no IFA_PROTO; the attribute goes behind those that it wrote. nl_send_sync() frees
    // the message, whatever happens.
    if (nla_put_u8(built, IFA_PROTO, our_address_protocol) < 0) {
        nlmsg_free(built);
        return base::failure(attempt, "out of memory");
    }
    const int error = nl_send_sync(socket_.get(), built);
    if (error < 0) return std::unexpected(failed(attempt, error));
    return {};
}

base::Result<void> AddressWriter::remove(const Removal& removal) {
    const AddressKey& key = removal.key;
    const std::string attempt =
        fmt::format("remove {} from interface {}", key.address.text(), key.link.value);
    const Owned<rtnl_addr> object = object_of(key);
    if (!object) return base::failure(attempt, "out of memory");

    std::optional<PromotionGuard> promotion;
    if (removal.secondaries == Secondaries::promote) promotion.emplace(socket_.get(), key.link);
    const int error = rtnl_addr_delete(socket_.get(), object.get(), 0);
    const bool is_gone = error == -NLE_NOADDR || error == -NLE_NODEV || error == -NLE_OBJ_NOTFOUND;
    if (error < 0 && !is_gone) return std::unexpected(failed(attempt, error));
    return {};
}

}  // namespace kernel
