#include <variant>

#include "health/instruments.hpp"
#include "health/message.hpp"
#include "health/probe.hpp"
#include "health/probe_arp.hpp"
#include "health/probe_exec.hpp"
#include "health/probe_file.hpp"
#include "health/probe_http.hpp"
#include "health/probe_interface.hpp"
#include "health/probe_ping.hpp"
#include "health/probe_process.hpp"
#include "health/probe_route.hpp"
#include "health/probe_tcp.hpp"
#include "health/probe_unit.hpp"

namespace health {

namespace {

using Made = base::Result<std::unique_ptr<Probe>>;

struct Maker {
    Instruments& instruments;

    Made operator()(const kind::Exec& wanted) const {
        return std::make_unique<ExecProbe>(wanted, instruments.waker(), instruments.children());
    }
    Made operator()(const kind::Process& wanted) const {
        return std::make_unique<ProcessProbe>(wanted, instruments.waker(), instruments.processes());
    }
    Made operator()(const kind::File& wanted) const {
        return std::make_unique<FileProbe>(wanted, instruments.waker(), instruments.files());
    }
    Made operator()(const kind::Interface& wanted) const {
        return std::make_unique<InterfaceProbe>(wanted, instruments.waker(), instruments.links());
    }
    Made operator()(const kind::Ping& wanted) const {
        return std::make_unique<PingProbe>(wanted, instruments.waker(),
                                           instruments.echoes(wanted.target.family()),
                                           instruments.links());
    }
    Made operator()(const kind::Arp& wanted) const {
        return std::make_unique<ArpProbe>(wanted, instruments.waker(), instruments.neighbors(),
                                          instruments.links());
    }
    Made operator()(const kind::Tcp& wanted) const {
        return std::make_unique<TcpProbe>(wanted, instruments.waker(), instruments.links());
    }
    Made operator()(const kind::Http& wanted) const {
        return std::make_unique<HttpProbe>(wanted, instruments.waker(), instruments.http());
    }
    Made operator()(const kind::Route& wanted) const {
        return std::make_unique<RouteProbe>(wanted, instruments.waker(), instruments.routes());
    }
    Made operator()(const kind::Unit& wanted) const {
        return std::make_unique<UnitProbe>(wanted, instruments.waker(), instruments.bus());
    }
};

}  // namespace

base::Result<std::unique_ptr<Probe>> make_probe(const CheckMessage& check,
                                                Instruments& instruments) {
    return std::visit(Maker{instruments}, check.kind);
}

}  // namespace health
