#include "health/netlink.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "health/raw_socket.hpp"

namespace health {

namespace {

// With the attribute that names a table whose number does not fit into eight bits.
struct Question {
    nlmsghdr header{};
    rtmsg body{};  // what asks for links and addresses needs no more than its first field
    nlattr table{};
    std::uint32_t table_number = 0;
};

Question question_of(const NetlinkSocket::DumpRequest& request) {
    Question question;
    question.header.nlmsg_type = request.type;
    question.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    const std::size_t size = request.type == RTM_GETROUTE ? sizeof(rtmsg) : sizeof(rtgenmsg);
    question.header.nlmsg_len = static_cast<std::uint32_t>(NLMSG_LENGTH(size));
    question.body.rtm_family = request.family;
    question.body.rtm_protocol = request.protocol;
    if (request.table == 0) return question;
    question.table = {.nla_len = sizeof(nlattr) + sizeof(std::uint32_t), .nla_type = RTA_TABLE};
    question.table_number = request.table;
    question.header.nlmsg_len = sizeof(question);
    return question;
}
static_assert(sizeof(Question) == NLMSG_LENGTH(sizeof(rtmsg)) + sizeof(nlattr) + 4);

constexpr int wide_buffer = 1024 * 1024;

}  // namespace

base::Result<NetlinkSocket> NetlinkSocket::open(const std::string& attempt) {
    base::Fd socket{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE)};
    if (!socket.is_open()) return base::os_failure(attempt, errno);
    // One without a port of its own has that of the kernel, and is told nothing by it.
    sockaddr_nl local{};
    local.nl_family = AF_NETLINK;
    if (::bind(socket.number(), reinterpret_cast<const sockaddr*>(&local), sizeof(local)) < 0)
        return base::os_failure(attempt, errno);
    return NetlinkSocket{std::move(socket)};
}

base::Result<NetlinkSocket> NetlinkSocket::subscribe(std::initializer_list<int> groups,
                                                     std::span<sock_filter> filter,
                                                     const std::string& attempt) {
    TRY(NetlinkSocket made, open(attempt));
    // Best effort: without CAP_NET_ADMIN the system's limit holds.
    if (::setsockopt(made.descriptor(), SOL_SOCKET, SO_RCVBUFFORCE, &wide_buffer,
                     sizeof(wide_buffer)) < 0)
        ::setsockopt(made.descriptor(), SOL_SOCKET, SO_RCVBUF, &wide_buffer, sizeof(wide_buffer));
    if (!filter.empty()) TRY_DO(attach_filter(made.descriptor(), filter, attempt));
    for (const int group : groups)
        if (::setsockopt(made.descriptor(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group,
                         sizeof(group)) < 0)
            return base::os_failure(attempt, errno);
    return made;
}

base::Result<NetlinkSocket> NetlinkSocket::dump(const DumpRequest& request,
                                                const std::string& attempt) {
    TRY(NetlinkSocket made, open(attempt));
    constexpr int strict = 1;
    if (request.type == RTM_GETROUTE &&
        ::setsockopt(made.descriptor(), SOL_NETLINK, NETLINK_GET_STRICT_CHK, &strict,
                     sizeof(strict)) < 0)
        return base::os_failure(attempt, errno);
    const Question question = question_of(request);
    if (::send(made.descriptor(), &question, question.header.nlmsg_len, MSG_DONTWAIT) < 0)
        return base::os_failure(attempt, errno);
    return made;
}

NetlinkRead NetlinkSocket::read() {
    size_ = 0;
    sockaddr_nl sender{};
    socklen_t sender_size = sizeof(sender);
    const ssize_t size = ::recvfrom(socket_.number(), buffer_.data(), buffer_.size(), MSG_DONTWAIT,
                                    reinterpret_cast<sockaddr*>(&sender), &sender_size);
    if (size < 0 && errno == ENOBUFS) return NetlinkRead::overrun;
    if (size < 0)
        return errno == EAGAIN || errno == EINTR ? NetlinkRead::nothing : NetlinkRead::failed;
    // Any process may send to a netlink socket; the kernel's port is 0.
    if (sender.nl_pid == 0) size_ = static_cast<std::size_t>(size);
    return NetlinkRead::messages;
}

}  // namespace health
