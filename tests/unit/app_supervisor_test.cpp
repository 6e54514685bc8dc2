#include "app/supervisor.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <fmt/format.h>

#include "app_support.hpp"

#include <CppUTest/TestHarness.h>

using namespace support;
using app::Supervisor;

namespace {

// systemd's end of $NOTIFY_SOCKET.
class NotifySocket {
public:
    // A path, or "@name" in the abstract name space.
    explicit NotifySocket(const std::string& name) : environment_{"NOTIFY_SOCKET", name} {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        name.copy(address.sun_path, sizeof(address.sun_path) - 1);
        if (name.front() == '@') address.sun_path[0] = '\0';
        const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
        if (::bind(socket_.number(), reinterpret_cast<const sockaddr*>(&address), size) < 0)
            std::abort();
    }
    // The next message; empty when there is none.
    [[nodiscard]] std::string message() const {
        std::array<char, 1024> buffer{};
        const ssize_t size = ::recv(socket_.number(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        return {buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
    }

private:
    base::Fd socket_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    Environment environment_;
};

}  // namespace

TEST_GROUP(Supervisor) { ScratchDirectory scratch; };

TEST(Supervisor, WithoutOneNothingIsSaidAndNothingFed) {
    ::unsetenv("NOTIFY_SOCKET");
    Supervisor none = Supervisor::from_environment();
    none.tell("1 active");
    none.tell("1 backup");
    none.feed(noon);
    none.stopping();
    CHECK_FALSE(none.deadline().has_value());
}

TEST(Supervisor, HearsThatWeAreReadyWithAStatus) {
    const NotifySocket systemd{scratch.file("notify")};
    Supervisor supervisor = Supervisor::from_environment();
    supervisor.tell("1 active");
    STRCMP_EQUAL("READY=1\nSTATUS=1 active", systemd.message().c_str());
}

TEST(Supervisor, MayLiveInTheAbstractNameSpace) {
    const NotifySocket systemd{fmt::format("@tandem-test-{}", ::getpid())};
    Supervisor::from_environment().tell("1 active");
    STRCMP_EQUAL("READY=1\nSTATUS=1 active", systemd.message().c_str());
}

TEST(Supervisor, HearsAStatusWhenItDiffers) {
    const NotifySocket systemd{scratch.file("notify")};
    Supervisor supervisor = Supervisor::from_environment();
    supervisor.tell("1 active");
    (void)systemd.message();
    supervisor.tell("1 active");
    STRCMP_EQUAL("", systemd.message().c_str());
    supervisor.tell("1 backup");
    STRCMP_EQUAL("STATUS=1 backup", systemd.message().c_str());
}

TEST(Supervisor, HearsThatWeStop) {
    const NotifySocket systemd{scratch.file("notify")};
    Supervisor::from_environment().stopping();
    STRCMP_EQUAL("STOPPING=1\nSTATUS=releasing addresses", systemd.message().c_str());
}

TEST(Supervisor, IsFedTwiceInTheTimeOfItsWatchdog) {
    const NotifySocket systemd{scratch.file("notify")};
    const Environment watchdog{"WATCHDOG_USEC", "3000000"};
    Supervisor supervisor = Supervisor::from_environment();
    supervisor.feed(noon);
    STRCMP_EQUAL("WATCHDOG=1", systemd.message().c_str());
    CHECK(*supervisor.deadline() == noon + 1500ms);
    supervisor.feed(noon + 1499ms);
    STRCMP_EQUAL("", systemd.message().c_str());
    supervisor.feed(noon + 1500ms);
    STRCMP_EQUAL("WATCHDOG=1", systemd.message().c_str());
}

TEST(Supervisor, AWatchdogForAnotherProcessIsNotOurs) {
    const Environment watchdog{"WATCHDOG_USEC", "3000000"};
    const Environment process{"WATCHDOG_PID", "1"};
    CHECK_FALSE(Supervisor::from_environment().deadline().has_value());
}

TEST(Supervisor, OneThatDoesNotReadDelaysNothing) {
    const NotifySocket systemd{scratch.file("notify")};
    Supervisor supervisor = Supervisor::from_environment();
    for (int i = 0; i < 10'000; ++i) supervisor.tell(fmt::to_string(i));
    STRCMP_EQUAL("READY=1\nSTATUS=0", systemd.message().c_str());
}

TEST(Supervisor, ANameThatCannotBeASocketIsIgnored) {
    for (const std::string& name : {std::string{}, std::string{"/"}, std::string(200, 'x')}) {
        const Environment environment{"NOTIFY_SOCKET", name};
        Supervisor::from_environment().stopping();
    }
}
