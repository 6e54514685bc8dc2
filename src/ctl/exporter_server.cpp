#include "ctl/exporter_server.hpp"

#include <fmt/format.h>
#include <httplib.h>

#include <cerrno>
#include <chrono>
#include <system_error>

namespace ctl {

namespace {

// A scrape is short and there are few at a time. A thread serves one connection, so a client that
// says nothing keeps one of them, for this long.
constexpr std::size_t threads = 8;
constexpr std::chrono::seconds patience{2};
constexpr std::size_t payload = 1024;  // a GET has none

void bound(httplib::Server& server) {
    server.new_task_queue = [] { return new httplib::ThreadPool(threads); };
    server.set_read_timeout(patience);
    server.set_write_timeout(patience);
    server.set_payload_max_length(payload);
    // A connection that stays open would keep its thread.
    server.set_keep_alive_max_count(1);
    // Without this the library sets SO_REUSEPORT, with which two processes share the port
    // unnoticed.
    server.set_socket_options([](int socket) {
        const int on = 1;
        ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    });
}

}  // namespace

Failure serve(const Endpoint& endpoint, const Answerer& answer,
              const std::function<void()>& listening) {
    httplib::Server server;
    bound(server);
    // Before any body is read, and for every path.
    server.set_pre_routing_handler(
        [&](const httplib::Request& request, httplib::Response& response) {
            Reply reply = answer(request.method, request.path);
            response.status = reply.status;
            if (reply.status == 405) response.set_header("Allow", "GET, HEAD");
            response.set_content(std::move(reply.body), std::string{reply.content_type});
            return httplib::Server::HandlerResponse::Handled;
        });
    errno = 0;
    if (!server.bind_to_port(endpoint.address, endpoint.port))
        return {ExitCode::failed, fmt::format("cannot listen on {}: {}", text_of(endpoint),
                                              std::generic_category().message(errno))};
    listening();
    server.listen_after_bind();
    return {ExitCode::failed, fmt::format("cannot serve on {} any more", text_of(endpoint))};
}

}  // namespace ctl
