// What probes of a kind share: a socket, a connection. Each is made when the first probe wants it,
// and outlives them all.
#pragma once

#include <optional>

#include "health/bus.hpp"
#include "health/children.hpp"
#include "health/echoes.hpp"
#include "health/file_watch.hpp"
#include "health/http_client.hpp"
#include "health/links.hpp"
#include "health/neighbors.hpp"
#include "health/probe.hpp"
#include "health/process_table.hpp"
#include "health/routes.hpp"

namespace health {

class Instruments {
public:
    Instruments(Waker& waker, Children& children)
        : waker_{waker}, children_{children}, links_{waker}, files_{waker} {}
    Instruments(const Instruments&) = delete;
    Instruments& operator=(const Instruments&) = delete;

    [[nodiscard]] Waker& waker() { return waker_; }
    [[nodiscard]] Children& children() { return children_; }
    [[nodiscard]] FileWatch& files() { return files_; }
    [[nodiscard]] ProcessTable& processes() { return processes_; }
    [[nodiscard]] Links& links() { return links_; }
    [[nodiscard]] Echoes& echoes(base::Family family) {
        return family == base::Family::ipv4 ? made(echoes_v4_, family, waker_)
                                            : made(echoes_v6_, family, waker_);
    }
    [[nodiscard]] Neighbors& neighbors() { return made(neighbors_, waker_); }
    [[nodiscard]] Routes& routes() { return made(routes_, waker_, links_); }
    [[nodiscard]] HttpClient& http() { return made(http_, waker_); }
    [[nodiscard]] Bus& bus() { return made(bus_, waker_); }

private:
    template <typename T, typename... With>
    static T& made(std::optional<T>& instrument, With&... with) {
        if (!instrument) instrument.emplace(with...);
        return *instrument;
    }

    Waker& waker_;
    Children& children_;
    Links links_;
    FileWatch files_;
    ProcessTable processes_;
    std::optional<Echoes> echoes_v4_;
    std::optional<Echoes> echoes_v6_;
    std::optional<Neighbors> neighbors_;
    std::optional<Routes> routes_;
    std::optional<HttpClient> http_;
    std::optional<Bus> bus_;
};

}  // namespace health
