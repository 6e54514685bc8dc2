#include "ctl/client.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <functional>

#include <CppUTest/TestHarness.h>

using namespace ctl;
using namespace std::chrono_literals;

namespace {

constexpr Limits quick{.size = 1000, .time = 50ms};
constexpr Limits patient{.size = 1000, .time = 5s};

// Both ends of a connection: ours does not block, as after connect().
struct Connection {
    Connection() {
        std::array<int, 2> ends{};
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return;
        ours = base::Fd{ends[0]};
        daemons = base::Fd{ends[1]};
        ::fcntl(ours.number(), F_SETFL, O_NONBLOCK);
    }
    void daemon_says(std::string_view text) const {
        LONGS_EQUAL(text.size(), ::send(daemons.number(), text.data(), text.size(), MSG_NOSIGNAL));
    }
    base::Fd ours;
    base::Fd daemons;
};

// A run directory of this test alone, with a socket that a forked child may serve.
struct RunDirectory {
    RunDirectory() {
        std::array<char, 32> name{"/tmp/tandem-client-XXXXXX"};
        path = ::mkdtemp(name.data());
        socket_path = path + "/control.sock";
    }
    RunDirectory(const RunDirectory&) = delete;
    RunDirectory& operator=(const RunDirectory&) = delete;
    ~RunDirectory() {
        if (child > 0) ::waitpid(child, nullptr, 0);
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }

    [[nodiscard]] base::Fd bound() const {
        base::Fd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::ranges::copy(socket_path, address.sun_path);
        LONGS_EQUAL(0, ::bind(socket.number(), reinterpret_cast<const sockaddr*>(&address),
                              sizeof address));
        return socket;
    }

    // One connection: the child echoes the request inside an answer.
    void serve_once() {
        const base::Fd listener = bound();
        LONGS_EQUAL(0, ::listen(listener.number(), 1));
        child = ::fork();
        if (child != 0) return;
        const base::Fd client{::accept(listener.number(), nullptr, nullptr)};
        std::array<char, 1000> request{};
        const ssize_t size = ::recv(client.number(), request.data(), request.size(), 0);
        const std::string answer =
            "got " +
            std::string{request.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
        ::send(client.number(), answer.data(), answer.size(), MSG_NOSIGNAL);
        ::_exit(0);
    }

    std::string path;
    std::string socket_path;
    pid_t child = 0;
};

void check_failure(const Expected<std::string>& answer, ExitCode code, const std::string& text) {
    CHECK(!answer.has_value());
    if (answer) return;
    STRCMP_EQUAL(text.c_str(), answer.error().text.c_str());
    LONGS_EQUAL(code, answer.error().code);
}

}  // namespace

TEST_GROUP(CtlClient){};

TEST(CtlClient, AsksOverARealSocketAndReadsTheLine) {
    RunDirectory directory;
    directory.serve_once();
    const auto answer = ask(directory.socket_path, R"({"method":"status"})", patient);
    CHECK(answer.has_value());
    STRCMP_EQUAL(R"(got {"method":"status"})", answer->c_str());
}

TEST(CtlClient, AMissingSocketSaysWhatToDo) {
    const RunDirectory directory;
    check_failure(ask(directory.socket_path, "x", patient), ExitCode::unreachable,
                  "cannot reach tandemd: there is no " + directory.socket_path +
                      "; is it running? try: systemctl status tandemd");
}

TEST(CtlClient, ASocketThatNobodyServesIsTheLeftOverOfADeadDaemon) {
    const RunDirectory directory;
    const base::Fd not_listening = directory.bound();
    check_failure(ask(directory.socket_path, "x", patient), ExitCode::unreachable,
                  "cannot reach tandemd: nobody listens on " + directory.socket_path +
                      "; is it running? try: systemctl status tandemd");
}

TEST(CtlClient, ASocketOfOthersIsNotPermitted) {
    RunDirectory directory;
    const base::Fd listener = directory.bound();
    ::listen(listener.number(), 1);
    ::chmod(directory.path.c_str(), 0700);
    // root may everything: only somebody else sees the refusal.
    const pid_t child = ::fork();
    if (child == 0) {
        if (::geteuid() == 0 && ::setuid(65534) != 0) ::_exit(99);
        if (::geteuid() != 65534) ::chmod(directory.socket_path.c_str(), 0);
        const auto answer = ask(directory.socket_path, "x", patient);
        ::_exit(answer ? 98 : static_cast<int>(answer.error().code));
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    LONGS_EQUAL(ExitCode::not_permitted, WEXITSTATUS(status));
}

TEST(CtlClient, APathLongerThanASocketAddressIsRefused) {
    const std::string path(200, 'x');
    const auto answer = ask(path, "x", patient);
    check_failure(answer, ExitCode::unreachable,
                  "the path " + path + " is too long for a socket: at most 107 octets");
}

TEST(CtlClient, ADaemonThatDoesNotAcceptIsGivenUpInTime) {
    const RunDirectory directory;
    const base::Fd listener = directory.bound();
    ::listen(listener.number(), 0);
    for (int i = 0; i < 3; ++i)
        check_failure(ask(directory.socket_path, "x", quick), ExitCode::unreachable,
                      "tandemd did not answer within 0.05 s; see: systemctl status tandemd");
}

TEST(CtlClient, TheRequestIsOneLine) {
    const Connection connection;
    connection.daemon_says("{}\n");
    STRCMP_EQUAL("{}", exchange(connection.ours, "request", patient)->c_str());
    std::array<char, 100> received{};
    LONGS_EQUAL(8, ::recv(connection.daemons.number(), received.data(), received.size(), 0));
    STRCMP_EQUAL("request\n", received.data());
}

TEST(CtlClient, WhatFollowsTheLineIsIgnored) {
    const Connection connection;
    connection.daemon_says("first\nsecond");
    STRCMP_EQUAL("first", exchange(connection.ours, "x", patient)->c_str());
}

TEST(CtlClient, ASilentDaemonIsGivenUpInTime) {
    const Connection connection;
    connection.daemon_says("half an answ");
    check_failure(exchange(connection.ours, "x", quick), ExitCode::unreachable,
                  "tandemd did not answer within 0.05 s; see: systemctl status tandemd");
}

TEST(CtlClient, ADaemonThatDoesNotReadIsGivenUpInTime) {
    const Connection connection;
    check_failure(exchange(connection.ours, std::string(4'000'000, 'x'), quick),
                  ExitCode::unreachable,
                  "tandemd did not answer within 0.05 s; see: systemctl status tandemd");
}

TEST(CtlClient, AnAnswerWithoutAnEndIsRefused) {
    Connection connection;
    connection.daemon_says("half an answ");
    ::shutdown(connection.daemons.number(), SHUT_WR);
    check_failure(exchange(connection.ours, "x", patient), ExitCode::unreachable,
                  "tandemd hung up in the middle of its answer; see: systemctl status tandemd");
}

TEST(CtlClient, AConnectionThatClosesIsNoAnswer) {
    Connection connection;
    ::shutdown(connection.daemons.number(), SHUT_WR);
    check_failure(exchange(connection.ours, "x", patient), ExitCode::unreachable,
                  "tandemd hung up without an answer; see: systemctl status tandemd");
    connection.daemons.reset();
    check_failure(exchange(connection.ours, "x", patient), ExitCode::unreachable,
                  "tandemd hung up: Broken pipe; see: systemctl status tandemd");
}

TEST(CtlClient, AnAnswerBeyondTheLimitIsRefused) {
    const Connection largest;
    largest.daemon_says(std::string(1000, 'x') + "\n");
    CHECK(exchange(largest.ours, "x", patient).has_value());
    const Connection larger;
    larger.daemon_says(std::string(1001, 'x') + "\n");
    check_failure(exchange(larger.ours, "x", patient), ExitCode::failed,
                  "the answer of tandemd is larger than 1000 octets");
    const Connection endless;
    endless.daemon_says(std::string(100'000, 'x'));
    check_failure(exchange(endless.ours, "x", patient), ExitCode::failed,
                  "the answer of tandemd is larger than 1000 octets");
}
