#include "kernel/filter_socket.hpp"

#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <optional>

namespace kernel {

namespace {

constexpr const char* attempt = "filter what is sent to virtual addresses";

constexpr int notification_buffer_size = 1024 * 1024;
constexpr int reads_per_call = 64;

// Without the module nfnetlink knows nobody who would take the messages.
bool is_unsupported(int code) {
    return code == EOPNOTSUPP || code == EINVAL || code == EPROTONOSUPPORT;
}

base::Error error_of(int code) {
    if (is_unsupported(code))
        return {attempt, 0, "this kernel has no nf_tables, or one that is too old"};
    return {attempt, code, {}};
}

base::Result<base::Fd> open_socket(int flags) {
    base::Fd socket{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | flags, NETLINK_NETFILTER)};
    if (socket.is_open()) return socket;
    return std::unexpected(error_of(errno));
}

// A message that waits in the socket, errors of earlier requests among them.
struct Message {
    const nlmsghdr* header;
    [[nodiscard]] std::optional<int> code() const {
        if (header->nlmsg_type != NLMSG_ERROR) return std::nullopt;
        return -static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(header))->error;
    }
};

// The first message of what recv() gave, when it is whole.
std::optional<Message> first_of(const base::Bytes& buffer, ssize_t size) {
    const auto* header = reinterpret_cast<const nlmsghdr*>(buffer.data());
    if (size < static_cast<ssize_t>(sizeof(nlmsghdr)) || header->nlmsg_len < sizeof(nlmsghdr) ||
        header->nlmsg_len > static_cast<std::uint32_t>(size))
        return std::nullopt;
    if (header->nlmsg_type == NLMSG_ERROR && header->nlmsg_len < NLMSG_LENGTH(sizeof(nlmsgerr)))
        return std::nullopt;
    return Message{header};
}

}  // namespace

// ---- writing ---------------------------------------------------------------------------------

base::Result<FilterWriter> FilterWriter::open() {
    TRY(auto socket, open_socket(0));
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    socklen_t size = sizeof(address);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(socket.number(), generic, sizeof(address)) < 0 ||
        ::getsockname(socket.number(), generic, &size) < 0)
        return base::os_failure(attempt, errno);
    // The kernel works a request off before sendmsg() returns, and its answers wait then: this is
    // for a kernel that gives none.
    const timeval patience{.tv_sec = 0, .tv_usec = 200'000};
    ::setsockopt(socket.number(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    const int on = 1;  // an error quotes the header of the request, not all of it
    ::setsockopt(socket.number(), SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
    return FilterWriter{std::move(socket), address.nl_pid};
}

base::Result<void> FilterWriter::replace(const Refusals& refusals) {
    TRY(const Presence found, presence());
    if (refusals.empty() && found != Presence::ours) return {};
    if (found == Presence::impossible) return std::unexpected(error_of(EOPNOTSUPP));
    if (found == Presence::foreign)
        return base::failure(attempt,
                             "there is a table 'inet tandem' that tandem did not make; rename it");
    const FilterBatch batch = filter_batch(refusals, sequence_ + 1);
    sequence_ = batch.last + 1;  // of the end of the transaction
    TRY_DO(send(batch.messages));
    TRY(const int code, answer(batch.last));
    if (code != 0) return std::unexpected(error_of(code));
    return {};
}

base::Result<FilterWriter::Presence> FilterWriter::presence() {
    const std::uint32_t sequence = ++sequence_;
    TRY_DO(send(filter_question(sequence)));
    TRY(const int code, answer(sequence));
    if (code == ENOENT) return Presence::absent;
    if (is_unsupported(code)) return Presence::impossible;
    if (code != 0) return std::unexpected(error_of(code));
    const auto* header = reinterpret_cast<const nlmsghdr*>(buffer_.data());
    return owner_of({buffer_.data(), header->nlmsg_len}) == Owner::us ? Presence::ours
                                                                      : Presence::foreign;
}

base::Result<void> FilterWriter::send(base::ByteView messages) {
    // What an answer that was not waited for has left.
    while (::recv(socket_.number(), buffer_.data(), buffer_.size(), MSG_DONTWAIT) >= 0) {
    }
    // A transaction goes in one piece, and thousands of addresses exceed the usual 208 KiB.
    const int room = static_cast<int>(messages.size()) + 64 * 1024;
    ::setsockopt(socket_.number(), SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
    sockaddr_nl kernel{};
    kernel.nl_family = AF_NETLINK;
    const ssize_t sent = ::sendto(socket_.number(), messages.data(), messages.size(), 0,
                                  reinterpret_cast<const sockaddr*>(&kernel), sizeof(kernel));
    if (sent < 0) return std::unexpected(error_of(errno));
    return {};
}

base::Result<int> FilterWriter::answer(std::uint32_t last) {
    for (;;) {
        const ssize_t size = ::recv(socket_.number(), buffer_.data(), buffer_.size(), 0);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0 && errno == EAGAIN)
            return base::failure(attempt, "the kernel does not answer");
        if (size < 0) return base::os_failure(attempt, errno);
        const auto message = first_of(buffer_, size);
        if (!message) return base::failure(attempt, "the kernel's answer is not whole");
        // A transaction that failed as a whole is answered under its first number.
        if (const auto code = message->code(); code && *code != 0) return *code;
        if (message->header->nlmsg_seq == last) return 0;
    }
}

// ---- hearing ---------------------------------------------------------------------------------

base::Result<FilterMonitor> FilterMonitor::open() {
    TRY(auto socket, open_socket(SOCK_NONBLOCK));
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    const int group = NFNLGRP_NFTABLES;
    ::setsockopt(socket.number(), SOL_SOCKET, SO_RCVBUFFORCE, &notification_buffer_size,
                 sizeof(notification_buffer_size));
    if (::bind(socket.number(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) < 0 ||
        ::setsockopt(socket.number(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) <
            0)
        return base::os_failure("hear of changes to nftables", errno);
    return FilterMonitor{std::move(socket)};
}

bool FilterMonitor::read(std::uint32_t our_port) {
    bool is_changed = false;
    for (int i = 0; i < reads_per_call; ++i) {
        const ssize_t size = ::recv(socket_.number(), buffer_.data(), buffer_.size(), MSG_TRUNC);
        if (size < 0 && errno == ENOBUFS) {
            is_changed = true;
            continue;
        }
        if (size < 0) break;
        const auto whole = static_cast<std::size_t>(size);
        // Longer than any that nftables makes: what the rest says is not known.
        if (whole > buffer_.size() || is_filter_changed({buffer_.data(), whole}, our_port))
            is_changed = true;
    }
    return is_changed;
}

}  // namespace kernel
