// Netlink out: carries out requests, through libnl.
//
// Many requests go to the kernel in one send, about 10 us an address; every answer is waited for,
// so that whoever announces an address knows that it is there. It decides nothing.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "kernel/request.hpp"

struct nl_msg;
struct nl_sock;

namespace kernel {

class Writer {
public:
    static base::Result<Writer> open();

    // One answer for each request, in their order. What a request promises is said with its type
    // (request.hpp).
    std::vector<base::Result<void>> apply(std::span<const Request> requests);

private:
    struct CloseSocket {
        void operator()(nl_sock* socket) const;
    };
    using Socket = std::unique_ptr<nl_sock, CloseSocket>;
    explicit Writer(Socket socket) : socket_{std::move(socket)} {}
    Socket socket_;
};

}  // namespace kernel
