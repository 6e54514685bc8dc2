#include "app/fd_store.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <utility>

#include "app_support.hpp"

#include <CppUTest/TestHarness.h>

using namespace support;
using app::FdStore;

namespace {

struct Received {
    std::string text;
    bool has_descriptor = false;
};

// systemd's end of $NOTIFY_SOCKET.
class Systemd {
public:
    explicit Systemd(const std::string& path) : environment_{"NOTIFY_SOCKET", path} {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof(address.sun_path) - 1);
        if (::bind(socket_.number(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) <
            0)
            std::abort();
    }
    [[nodiscard]] Received next() const {
        std::array<char, 256> text{};
        alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
        iovec vector{text.data(), text.size()};
        msghdr header{};
        header.msg_iov = &vector;
        header.msg_iovlen = 1;
        header.msg_control = control.data();
        header.msg_controllen = control.size();
        const ssize_t size = ::recvmsg(socket_.number(), &header, MSG_DONTWAIT);
        if (size < 0) return {};
        const cmsghdr* item = CMSG_FIRSTHDR(&header);
        if (item != nullptr) {
            int descriptor = -1;
            std::memcpy(&descriptor, CMSG_DATA(item), sizeof(descriptor));
            const base::Fd closed{descriptor};
        }
        return {{text.data(), static_cast<std::size_t>(size)}, item != nullptr};
    }

private:
    base::Fd socket_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    Environment environment_;
};

}  // namespace

TEST_GROUP(FdStore) {
    ScratchDirectory scratch;
    base::Fd kept{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
};

TEST(FdStore, GivesDescriptorsWithTheirNames) {
    const Systemd systemd{scratch.file("notify")};
    FdStore store = FdStore::from_environment();
    store.keep("advert-2-ipv4", kept.number());
    const Received stored = systemd.next();
    STRCMP_EQUAL("FDSTORE=1\nFDNAME=advert-2-ipv4\nFDPOLL=0", stored.text.c_str());
    CHECK(stored.has_descriptor);
    store.forget("advert-2-ipv4");
    const Received removed = systemd.next();
    STRCMP_EQUAL("FDSTOREREMOVE=1\nFDNAME=advert-2-ipv4", removed.text.c_str());
    CHECK_FALSE(removed.has_descriptor);
}

// A busy PID 1: the queue of its socket is full.
TEST(FdStore, WhatSystemdCannotTakeNowItIsGivenLater) {
    const Systemd systemd{scratch.file("notify")};
    FdStore store = FdStore::from_environment();
    for (int i = 0; i < 2000; ++i) store.keep("advert-" + std::to_string(i), kept.number());
    int received = 0;
    for (int round = 0; round < 2000; ++round) {
        while (systemd.next().has_descriptor) ++received;
        store.work();
    }
    LONGS_EQUAL(2000, received);
}

TEST(FdStore, WhatIsForgottenBeforeThatIsNeverGiven) {
    const Systemd systemd{scratch.file("notify")};
    FdStore store = FdStore::from_environment();
    for (int i = 0; i < 2000; ++i) store.keep("filler", kept.number());
    store.keep("advert-2-ipv4", kept.number());
    store.forget("advert-2-ipv4");
    bool was_given = false;
    for (int round = 0; round < 2000; ++round) {
        for (Received next = systemd.next(); !next.text.empty(); next = systemd.next())
            was_given =
                was_given || (next.has_descriptor && next.text.find("advert") != std::string::npos);
        store.work();
    }
    CHECK_FALSE(was_given);
}

TEST(FdStore, WithoutSystemdNothingIsKeptAndNothingPassed) {
    ::unsetenv("NOTIFY_SOCKET");
    ::unsetenv("LISTEN_FDS");
    FdStore store = FdStore::from_environment();
    store.keep("advert-2-ipv4", kept.number());
    store.forget("advert-2-ipv4");
    CHECK(FdStore::take_passed().empty());
}
