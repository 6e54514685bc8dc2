// Netlink out: adding and removing addresses, through libnl.
//
// Every call waits for the kernel's answer, about 20 us an address, so that whoever announces an
// address knows that it is there. It adds what it is told and decides nothing.
#pragma once

#include <memory>

#include "base/result.hpp"
#include "kernel/reconcile.hpp"
#include "kernel/view.hpp"

struct nl_sock;

namespace kernel {

class AddressWriter {
public:
    static base::Result<AddressWriter> open();

    // Adds with IFA_PROTO. An address that is there already is an error: it may not be ours.
    base::Result<void> add(const AddressKey& key);

    // Removes exactly this address with this prefix length; without the length the kernel takes the
    // first one that matches (Linux, inet_rtm_deladdr). Success as well when it, or its link, is
    // gone. With Secondaries::promote, promote_secondaries of the link is 1 while it happens.
    base::Result<void> remove(const Removal& removal);

private:
    struct CloseSocket {
        void operator()(nl_sock* socket) const;
    };
    using Socket = std::unique_ptr<nl_sock, CloseSocket>;
    explicit AddressWriter(Socket socket) : socket_{std::move(socket)} {}
    Socket socket_;
};

}  // namespace kernel
