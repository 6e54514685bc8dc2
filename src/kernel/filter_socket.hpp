// The sockets to nftables: one that writes our table, one that hears who else changes it.
//
// Both decide nothing; what the messages say is in kernel/filter.hpp.
#pragma once

#include <cstdint>

#include "base/bytes.hpp"
#include "base/fd.hpp"
#include "base/result.hpp"
#include "kernel/filter.hpp"

namespace kernel {

class FilterWriter {
public:
    static base::Result<FilterWriter> open();

    // Replaces our table by one that drops exactly these, or removes it, in one transaction.
    // Refuses to touch a table of the same name that tandem did not make.
    base::Result<void> replace(const Refusals& refusals);

    // Where our transactions come from.
    [[nodiscard]] std::uint32_t port() const { return port_; }

private:
    FilterWriter(base::Fd socket, std::uint32_t port) : socket_{std::move(socket)}, port_{port} {}
    enum class Presence : std::uint8_t { absent, ours, foreign, impossible };
    base::Result<Presence> presence();
    base::Result<void> send(base::ByteView messages);
    // The next message about sequence number `last` or an earlier one, with its errno; 0 for none.
    base::Result<int> answer(std::uint32_t last);

    base::Fd socket_;
    std::uint32_t port_;
    std::uint32_t sequence_ = 0;
    base::Bytes buffer_ = base::Bytes(64 * 1024);
};

class FilterMonitor {
public:
    static base::Result<FilterMonitor> open();
    [[nodiscard]] int descriptor() const { return socket_.number(); }

    // Whether somebody else changed our table since the last call, or may have: notifications were
    // lost. Never blocks.
    bool read(std::uint32_t our_port);

private:
    explicit FilterMonitor(base::Fd socket) : socket_{std::move(socket)} {}
    base::Fd socket_;
    base::Bytes buffer_ = base::Bytes(64 * 1024);
};

}  // namespace kernel
