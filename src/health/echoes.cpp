#include "health/echoes.hpp"

#include <fmt/format.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <sys/epoll.h>
#include <sys/random.h>

#include <array>
#include <cerrno>

#include "health/icmp.hpp"

namespace health {

namespace {

std::uint8_t reply_of(base::Family family) {
    return family == base::Family::ipv4 ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY;
}

// Passes what has this identifier. A raw IPv4 socket's packets begin with the IP header, whose
// length BPF_MSH reads; those of ICMPv6 do not.
std::array<sock_filter, 5> filter_for(base::Family family, std::uint16_t identifier) {
    const bool ipv4 = family == base::Family::ipv4;
    constexpr std::uint16_t header_length = BPF_LDX | BPF_B | BPF_MSH;
    constexpr std::uint16_t no_header = BPF_LDX | BPF_IMM;
    constexpr std::uint16_t equals = BPF_JMP | BPF_JEQ | BPF_K;
    return {{BPF_STMT(ipv4 ? header_length : no_header, 0),
             BPF_STMT(BPF_LD | BPF_H | BPF_IND, 4),  // the identifier
             BPF_JUMP(equals, identifier, 0, 1), BPF_STMT(BPF_RET | BPF_K, 0xffff'ffff),
             BPF_STMT(BPF_RET | BPF_K, 0)}};
}

}  // namespace

Echoes::Echoes(base::Family family, Waker& waker) : family_{family}, waker_{waker} {}

Echoes::~Echoes() {
    if (socket_.is_open()) waker_.unwatch(socket_.number());
}

base::Result<void> Echoes::open() {
    const std::string attempt = fmt::format("open a raw socket for {} echoes", name_of(family_));
    if (::getrandom(&identifier_, sizeof(identifier_), 0) < 0 ||
        ::getrandom(&nonce_, sizeof(nonce_), 0) < 0)
        return base::os_failure(attempt, errno);
    auto filter = filter_for(family_, identifier_);
    TRY(socket_, open_icmp(family_, reply_of(family_), filter, attempt));
    waker_.watch(socket_.number(), EPOLLIN, *this);
    return {};
}

base::Result<std::uint16_t> Echoes::send(const base::IpAddress& target, int interface,
                                         EchoListener& listener) {
    if (!socket_.is_open()) TRY_DO(open());
    // A number that still waits belongs to somebody else: 65,536 would have to wait for that.
    while (waiting_.contains(++sequence_) && waiting_.size() < 0xffff) {
    }
    const base::Bytes request =
        echo_request(family_, {.identifier = identifier_, .sequence = sequence_, .nonce = nonce_});
    TRY_DO(send_icmp(socket_.number(), {.target = target, .interface = interface}, request,
                     "send an echo request"));
    waiting_.insert_or_assign(sequence_, Waiting{&listener, target, interface});
    return sequence_;
}

void Echoes::on_ready(int /*descriptor*/, base::Instant now) {
    const std::size_t count = batch_.receive(socket_.number());
    for (std::size_t i = 0; i < count; ++i) take(batch_.at(i), now);
}

void Echoes::take(const Heard& heard, base::Instant now) {
    const auto echo = parse_echo_reply(family_, heard.octets);
    if (!echo || echo->identifier != identifier_ || echo->nonce != nonce_) return;
    const auto found = waiting_.find(echo->sequence);
    if (found == waiting_.end()) return;  // too late, or a second one

    const Waiting waiting = found->second;
    if (heard.sender != waiting.target) return;
    if (waiting.interface != 0 && heard.interface != waiting.interface) return;
    waiting_.erase(found);
    waiting.listener->on_echo(now);
}

}  // namespace health
