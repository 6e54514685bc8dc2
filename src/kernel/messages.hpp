// Requests as netlink messages, built by libnl. Nothing is sent here.
#pragma once

#include <memory>

#include "kernel/request.hpp"

struct nl_msg;

namespace kernel {

struct FreeMessage {
    void operator()(nl_msg* message) const;
};
using Message = std::unique_ptr<nl_msg, FreeMessage>;

// Null when there is no memory, or when libnl refuses a value.
Message message_for(const Request& request);

// "add 192.0.2.1/24 on eth1", for the error.
std::string attempt_of(const Request& request);

}  // namespace kernel
