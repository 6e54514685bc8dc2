#include "app/control.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <deque>
#include <optional>

#include <fmt/format.h>

#include "app_support.hpp"

#include <CppUTest/TestHarness.h>

using namespace support;
using app::Control;

namespace {

std::optional<std::string> answer(const Control::Request& request) {
    if (request.method == "status") return R"({"schema":1})";
    return std::nullopt;
}

std::string error(std::string_view text) {
    return fmt::format(R"({{"schema":1,"error":"{}"}})", text);
}

// The other end of a connection.
class Client {
public:
    explicit Client(const std::string& path) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof(address.sun_path) - 1);
        is_connected_ = ::connect(socket_.number(), reinterpret_cast<const sockaddr*>(&address),
                                  sizeof(address)) == 0;
    }
    [[nodiscard]] bool is_connected() const { return is_connected_; }
    void say(std::string_view text) const {
        (void)::send(socket_.number(), text.data(), text.size(), MSG_NOSIGNAL);
    }
    // What has come so far.
    [[nodiscard]] std::string heard() {
        std::array<char, 65536> buffer{};
        std::string all;
        ssize_t size = 0;
        while ((size = ::recv(socket_.number(), buffer.data(), buffer.size(), MSG_DONTWAIT)) > 0)
            all.append(buffer.data(), static_cast<std::size_t>(size));
        is_over_ = size == 0 || errno != EAGAIN;
        return all;
    }
    // As heard() saw it: whether the daemon has closed the connection.
    [[nodiscard]] bool is_over() const { return is_over_; }

private:
    base::Fd socket_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    bool is_connected_ = false;
    bool is_over_ = false;
};

}  // namespace

TEST_GROUP(Respond){};

TEST(Respond, AKnownMethodGetsItsAnswer) {
    STRCMP_EQUAL(R"({"schema":1})",
                 app::respond(R"({"method":"status"})", app::Caller::anybody, answer).c_str());
    STRCMP_EQUAL(R"({"schema":1})",
                 app::respond(R"( { "id": 7, "method" : "status" } )", app::Caller::anybody, answer)
                     .c_str());
}

TEST(Respond, AnUnknownMethodIsNamed) {
    STRCMP_EQUAL(error("unknown method reload").c_str(),
                 app::respond(R"({"method":"reload"})", app::Caller::anybody, answer).c_str());
}

TEST(Respond, WhatIsNoObjectIsRefused) {
    for (const std::string_view request :
         {"", "status", "[]", "1", "null", "\"status\"", "{", "{\"method\":\"status\"",
          "{\"method\":\"status\"}}", "\xff\xfe"})
        STRCMP_EQUAL(error("the request is not a JSON object").c_str(),
                     app::respond(request, app::Caller::anybody, answer).c_str());
}

TEST(Respond, AnObjectWithoutAMethodIsRefused) {
    for (const std::string_view request :
         {"{}", R"({"method":1})", R"({"method":null})", R"({"Method":"status"})"})
        STRCMP_EQUAL(error("the request names no method").c_str(),
                     app::respond(request, app::Caller::anybody, answer).c_str());
}

TEST(Respond, WhateverTheMethodIsCalledTheAnswerIsJson) {
    STRCMP_EQUAL(error(R"(unknown method \"\n)").c_str(),
                 app::respond(R"({"method":"\"\n"})", app::Caller::anybody, answer).c_str());
}

TEST(Respond, DeepNestingIsNotTheEnd) {
    const std::string deep(4000, '[');
    STRCMP_EQUAL(error("the request is not a JSON object").c_str(),
                 app::respond(deep, app::Caller::anybody, answer).c_str());
}

TEST_GROUP(Control) {
    ScratchDirectory scratch;
    std::string path = scratch.file("control.sock");
    base::Fd epoll{::epoll_create1(EPOLL_CLOEXEC)};
    std::optional<Control> control;

    void setup() override { control.emplace(std::move(*Control::open(path, epoll.number()))); }
    void serve(base::Instant now) { control->serve(now, answer); }
    // Whether epoll would wake the loop now.
    [[nodiscard]] bool is_awake() const {
        epoll_event event{};
        return ::epoll_wait(epoll.number(), &event, 1, 0) > 0;
    }
};

TEST(Control, AnswersARequestAndCloses) {
    Client client{path};
    client.say("{\"method\":\"status\"}\n");
    CHECK(is_awake());
    serve(noon);
    STRCMP_EQUAL("{\"schema\":1}\n", client.heard().c_str());
    CHECK(client.is_over());
    CHECK_FALSE(is_awake());
    CHECK_FALSE(control->deadline().has_value());
}

TEST(Control, ARequestMayComeInPieces) {
    Client client{path};
    serve(noon);
    client.say("{\"method\":");
    serve(noon);
    STRCMP_EQUAL("", client.heard().c_str());
    client.say("\"status\"}\n");
    CHECK(is_awake());
    serve(noon);
    STRCMP_EQUAL("{\"schema\":1}\n", client.heard().c_str());
}

TEST(Control, WhatFollowsTheFirstLineIsIgnored) {
    Client client{path};
    client.say("{\"method\":\"status\"}\n{\"method\":\"status\"}\n");
    serve(noon);
    STRCMP_EQUAL("{\"schema\":1}\n", client.heard().c_str());
}

TEST(Control, GarbageGetsAnError) {
    Client client{path};
    client.say("GET / HTTP/1.1\r\n\r\n");
    serve(noon);
    STRCMP_EQUAL((error("the request is not a JSON object") + "\n").c_str(),
                 client.heard().c_str());
}

TEST(Control, ARequestThatIsTooLongIsRefused) {
    Client client{path};
    client.say(std::string(4096, 'x'));
    serve(noon);
    STRCMP_EQUAL((error("the request is too long") + "\n").c_str(), client.heard().c_str());
    CHECK(client.is_over());
}

TEST(Control, TheLongestRequestIsNot) {
    Client client{path};
    client.say("{\"method\":\"status\"}" + std::string(4096 - 20, ' ') + "\n");
    serve(noon);
    STRCMP_EQUAL("{\"schema\":1}\n", client.heard().c_str());
}

TEST(Control, AClientThatSaysNothingIsCutOffAfterFiveSeconds) {
    Client client{path};
    serve(noon);
    CHECK(*control->deadline() == noon + 5s);
    serve(noon + 4999ms);
    (void)client.heard();
    CHECK_FALSE(client.is_over());
    serve(noon + 5s);
    (void)client.heard();
    CHECK(client.is_over());
    CHECK_FALSE(control->deadline().has_value());
}

TEST(Control, AClientThatGoesIsForgotten) {
    {
        const Client client{path};
    }
    serve(noon);
    CHECK_FALSE(control->deadline().has_value());
    CHECK_FALSE(is_awake());
}

TEST(Control, ASlowReaderGetsAllAndDelaysNobody) {
    const std::string large(4'000'000, 'x');
    const Control::Answer long_answer = [&](const Control::Request&) { return large; };
    Client slow{path};
    slow.say("{\"method\":\"status\"}\n");
    control->serve(noon, long_answer);
    CHECK_FALSE(is_awake());  // it waits for room, not for words

    Client quick{path};
    quick.say("{\"method\":\"status\"}\n");
    serve(noon);
    STRCMP_EQUAL("{\"schema\":1}\n", quick.heard().c_str());

    std::string all;
    for (int i = 0; i < 1000 && !slow.is_over(); ++i) {
        all += slow.heard();
        control->serve(noon, long_answer);
    }
    CHECK(all == large + "\n");
}

TEST(Control, AReaderThatStopsIsCutOff) {
    const Control::Answer long_answer = [](const Control::Request&) {
        return std::string(4'000'000, 'x');
    };
    Client stuck{path};
    stuck.say("{\"method\":\"status\"}\n");
    control->serve(noon, long_answer);
    CHECK(control->deadline().has_value());
    control->serve(noon + 5s, long_answer);
    CHECK_FALSE(control->deadline().has_value());
}

TEST(Control, OneClientTooManyIsTurnedAway) {
    std::deque<Client> clients;
    for (int i = 0; i < 32; ++i) clients.emplace_back(path);
    serve(noon);
    Client extra{path};
    CHECK(extra.is_connected());
    serve(noon);
    (void)extra.heard();
    CHECK(extra.is_over());
    CHECK_FALSE(is_awake());  // nothing is left in the queue that would wake the loop
    clients.pop_back();
    serve(noon);
    Client next{path};
    next.say("{\"method\":\"status\"}\n");
    serve(noon);
    STRCMP_EQUAL("{\"schema\":1}\n", next.heard().c_str());
}

TEST(Control, IsForOwnerAndGroup) {
    struct stat status{};
    LONGS_EQUAL(0, ::stat(path.c_str(), &status));
    LONGS_EQUAL(0660, status.st_mode & 07777);
}

TEST(Control, ReplacesTheSocketOfAnEarlierProcessAndRemovesItsOwn) {
    {
        const auto second = Control::open(path, epoll.number());
        CHECK(second.has_value());
        CHECK(Client{path}.is_connected());
    }
    CHECK_FALSE(std::filesystem::exists(path));
}

TEST(Control, APathThatNoSocketCanHaveIsAnError) {
    const std::string long_path = scratch.file(std::string(120, 'x'));
    STRCMP_EQUAL(("listen on " + long_path + ": the path is too long for a socket").c_str(),
                 Control::open(long_path, epoll.number()).error().text().c_str());
    const std::string nowhere = scratch.file("missing/control.sock");
    STRCMP_EQUAL(("listen on " + nowhere + ": No such file or directory").c_str(),
                 Control::open(nowhere, epoll.number()).error().text().c_str());
}
