// The links of this network namespace and their addresses, kept current by rtnetlink.
//
// Reads nothing while nothing changes. Knows what is there, not what anybody thinks of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/address.hpp"
#include "base/bytes.hpp"
#include "health/debounce.hpp"
#include "health/netlink.hpp"
#include "health/probe.hpp"

namespace health {

struct Link {
    int index = 0;
    std::string name;
    std::uint16_t hardware_type = 0;  // ARPHRD_
    base::Bytes hardware;
    bool is_enabled = false;                          // IFF_UP
    Carrier carrier = Carrier::down;                  // enabled, and RFC 2863 operational
    std::vector<base::InterfaceAddress> addresses{};  // that a question may come from
};

// Is told what has changed about a link.
class LinkListener {
public:
    enum class Change : std::uint8_t { state, address_added, address_gone };
    virtual ~LinkListener() = default;
    virtual void on_link(const std::string& name, Change change, base::Instant now) = 0;
};

class Links final : public Reader {
public:
    explicit Links(Waker& waker) : waker_{waker} {}
    ~Links() override;

    // Reads the links when that has not been done, or did not work. Everything below wants it.
    base::Result<void> prepare(base::Instant now);

    // Null when there is none of this name.
    [[nodiscard]] const Link* find(const std::string& name) const;

    void join(LinkListener& listener) { listeners_.push_back(&listener); }
    void leave(LinkListener& listener) { std::erase(listeners_, &listener); }

    void on_ready(int descriptor, base::Instant now) override;

private:
    enum class Dump : std::uint8_t { whole, interrupted };
    base::Result<Dump> dump(base::Instant now);
    void take(const nlmsghdr* header, base::Instant now);
    void take_link(const nlmsghdr* header, base::Instant now);
    void take_address(const nlmsghdr* header, base::Instant now);
    void forget(int index, base::Instant now);
    void tell(const std::string& name, LinkListener::Change change, base::Instant now);
    void begin_anew(base::Instant now);
    void tell_all(base::Instant now);
    void close();

    Waker& waker_;
    std::optional<NetlinkSocket> changes_;
    bool is_current_ = false;
    std::unordered_map<int, Link> links_;
    std::unordered_map<std::string, int> indexes_;
    std::vector<LinkListener*> listeners_;
};

// The index of the interface that a probe is bound to; 0 for no name, without looking.
base::Result<int> index_of(Links& links, const std::string& name, base::Instant now);

}  // namespace health
