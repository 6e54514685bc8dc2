#include "kernel/writer.hpp"

#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/netlink.h>
#include <netlink/attr.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/route/link.h>
#include <netlink/route/link/inet.h>
#include <netlink/socket.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <map>
#include <memory>
#include <optional>

#include "base/bytes.hpp"
#include "kernel/messages.hpp"

namespace kernel {

namespace {

// Some requests want what is not there any more to be gone: it is. And an IPv4 route is refused as
// there already when this very one is, ours.
bool is_fulfilled(const Request& request, int error) {
    if (std::holds_alternative<RemoveAddress>(request))
        return error == EADDRNOTAVAIL || error == ENODEV || error == ENOENT;
    if (std::holds_alternative<RemoveRoute>(request))
        return error == ESRCH || error == ENODEV || error == ENETDOWN;
    if (std::holds_alternative<RemoveRule>(request)) return error == ENOENT;
    const auto* add = std::get_if<AddRoute>(&request);
    return add != nullptr && add->wish.route.family() == base::Family::ipv4 && error == EEXIST;
}

// Where errno alone would be a riddle.
std::string words_for(const Request& request, int error) {
    const bool is_taken = std::holds_alternative<AddRoute>(request) && error == EEXIST;
    return is_taken ? "somebody else's route is in its place; another metric or table would do"
                    : std::string{};
}

// The requests that go to the kernel in one send.
class Batch {
public:
    Batch(nl_sock* socket, std::span<const Request> requests, std::span<base::Result<void>> answers)
        : socket_{socket}, requests_{requests}, answers_{answers} {}

    void carry_out() {
        for (std::size_t i = 0; i < requests_.size(); ++i) append(i);
        // The kernel works while it takes the messages: when this returns, every answer waits.
        if (!bytes_.empty() &&
            ::send(nl_socket_get_fd(socket_), bytes_.data(), bytes_.size(), 0) < 0)
            return fail_open("the request could not be sent", errno);
        while (!index_of_.empty())
            if (!read_answer()) return fail_open("the kernel gave no answer", errno);
    }

private:
    void append(std::size_t i) {
        const Message message = message_for(requests_[i]);
        if (!message) {
            answers_[i] = base::failure(attempt_of(requests_[i]), "the value cannot be sent");
            return;
        }
        nlmsghdr* header = nlmsg_hdr(message.get());
        header->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
        header->nlmsg_seq = nl_socket_use_seq(socket_);
        index_of_.emplace(header->nlmsg_seq, i);
        const auto* first = reinterpret_cast<const std::uint8_t*>(header);
        bytes_.insert(bytes_.end(), first, first + header->nlmsg_len);
        bytes_.resize(NLMSG_ALIGN(bytes_.size()));
    }

    // One datagram. False when there is none.
    bool read_answer() {
        std::array<std::uint8_t, 8192> buffer{};
        const ssize_t size =
            ::recv(nl_socket_get_fd(socket_), buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (size < 0) return false;
        int left = static_cast<int>(size);
        for (auto* header = reinterpret_cast<nlmsghdr*>(buffer.data()); nlmsg_ok(header, left);
             header = nlmsg_next(header, &left))
            if (header->nlmsg_type == NLMSG_ERROR) take(header);
        return true;
    }

    void take(nlmsghdr* header) {
        const auto asked = index_of_.find(header->nlmsg_seq);
        if (asked == index_of_.end()) return;
        const std::size_t i = asked->second;
        index_of_.erase(asked);
        const auto* answer = static_cast<const nlmsgerr*>(nlmsg_data(header));
        if (answer->error == 0 || is_fulfilled(requests_[i], -answer->error)) return;
        std::string words = words_in(header);
        if (words.empty()) words = words_for(requests_[i], -answer->error);
        answers_[i] = std::unexpected(
            base::Error{attempt_of(requests_[i]), -answer->error, std::move(words)});
    }

    // What the kernel says beside errno (NETLINK_EXT_ACK): "Nexthop has invalid gateway".
    static std::string words_in(nlmsghdr* header) {
        if ((header->nlmsg_flags & NLM_F_ACK_TLVS) == 0) return {};
        // With NETLINK_CAP_ACK the request itself is not repeated behind its header.
        const nlattr* words =
            nlmsg_find_attr(header, static_cast<int>(sizeof(nlmsgerr)), NLMSGERR_ATTR_MSG);
        return words != nullptr ? nla_get_string(words) : std::string{};
    }

    void fail_open(const std::string& detail, int error) {
        for (const auto& [sequence, i] : index_of_)
            answers_[i] = std::unexpected(base::Error{attempt_of(requests_[i]), error, detail});
    }

    nl_sock* socket_;
    std::span<const Request> requests_;
    std::span<base::Result<void>> answers_;
    std::map<std::uint32_t, std::size_t> index_of_;  // by sequence number: not answered yet
    base::Bytes bytes_;
};

struct ReleaseLink {
    void operator()(rtnl_link* link) const { rtnl_link_put(link); }
};

struct CloseSocket {
    void operator()(nl_sock* socket) const { nl_socket_free(socket); }
};

// With a socket of its own: libnl compares the sequence number of an answer with its count of the
// requests on a socket, and knows nothing of those in a Batch.
std::optional<Promotion> promotion_of(LinkIndex index) {
    const std::unique_ptr<nl_sock, CloseSocket> socket{nl_socket_alloc()};
    rtnl_link* found = nullptr;
    std::uint32_t value = 0;
    if (!socket || nl_connect(socket.get(), NETLINK_ROUTE) < 0 ||
        rtnl_link_get_kernel(socket.get(), index.value, nullptr, &found) < 0)
        return std::nullopt;
    const std::unique_ptr<rtnl_link, ReleaseLink> link{found};
    if (rtnl_link_inet_get_conf(link.get(), IPV4_DEVCONF_PROMOTE_SECONDARIES, &value) < 0)
        return std::nullopt;
    return value != 0 ? Promotion::on : Promotion::off;
}

void set_option(int socket, int option) {
    const int on = 1;
    ::setsockopt(socket, SOL_NETLINK, option, &on, sizeof(on));
}

// A removal that must not take its secondaries along stands alone: promote_secondaries is on just
// for that time, unless it is anyway.
base::Result<void> remove_alone(nl_sock* socket, const RemoveAddress& removal) {
    const auto before = promotion_of(removal.key.link);
    std::vector<Request> steps;
    if (before != Promotion::on) steps.emplace_back(SetPromotion{removal.key.link, Promotion::on});
    const std::size_t place = steps.size();
    steps.emplace_back(removal);
    if (before == Promotion::off)
        steps.emplace_back(SetPromotion{removal.key.link, Promotion::off});
    std::vector<base::Result<void>> answers(steps.size());
    Batch{socket, steps, answers}.carry_out();
    return answers[place];
}

bool must_stand_alone(const Request& request) {
    const auto* removal = std::get_if<RemoveAddress>(&request);
    return removal != nullptr && removal->secondaries == Secondaries::promote;
}

}  // namespace

void Writer::CloseSocket::operator()(nl_sock* socket) const { nl_socket_free(socket); }

base::Result<Writer> Writer::open() {
    Socket socket{nl_socket_alloc()};
    if (!socket) return base::failure("open a netlink socket", "out of memory");
    if (const int error = nl_connect(socket.get(), NETLINK_ROUTE); error < 0)
        return base::failure("open a netlink socket", nl_geterror(error));
    const int number = nl_socket_get_fd(socket.get());
    // Best effort: without them errors are shorter.
    set_option(number, NETLINK_CAP_ACK);
    set_option(number, NETLINK_EXT_ACK);
    return Writer{std::move(socket)};
}

std::vector<base::Result<void>> Writer::apply(std::span<const Request> requests) {
    std::vector<base::Result<void>> answers(requests.size());
    std::size_t first = 0;
    while (first < requests.size()) {
        if (must_stand_alone(requests[first])) {
            answers[first] = remove_alone(socket_.get(), std::get<RemoveAddress>(requests[first]));
            ++first;
            continue;
        }
        std::size_t end = first;
        while (end < requests.size() && !must_stand_alone(requests[end])) ++end;
        Batch{socket_.get(), requests.subspan(first, end - first),
              std::span{answers}.subspan(first, end - first)}
            .carry_out();
        first = end;
    }
    return answers;
}

}  // namespace kernel
