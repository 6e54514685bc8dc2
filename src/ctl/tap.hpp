// Sees the adverts that come in and go out on an interface, before a firewall has dropped those
// that come and after it has dropped those that go. Receives only what the interface takes anyway:
// it does not make it promiscuous.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/fd.hpp"
#include "base/result.hpp"
#include "ctl/findings.hpp"

namespace ctl {

class Tap {
public:
    static base::Result<Tap> open(const std::string& interface);

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] const base::Fd& adverts() const { return adverts_; }
    [[nodiscard]] const base::Fd& answers() const { return answers_; }
    [[nodiscard]] const Wire& wire() const { return wire_; }

    // Asks who has an IPv4 address, as a machine without one does.
    void ask_for(const std::string& address);
    void read_adverts();
    void read_answers();

private:
    Tap(std::string name, int index, base::Fd adverts, base::Fd answers)
        : name_{std::move(name)},
          index_{index},
          adverts_{std::move(adverts)},
          answers_{std::move(answers)} {}

    std::string name_;
    int index_;
    base::Fd adverts_;
    base::Fd answers_;
    std::vector<std::string> asked_;
    Wire wire_;
};

// Asks for the addresses and the peers of what is Active, and reads until the time is over.
void listen_on(std::vector<Tap>& taps, double seconds, const Status& status);

// An advert in a datagram as the wire has it, from its IP header on; none in anything else.
std::optional<SeenAdvert> advert_in(base::ByteView datagram);

}  // namespace ctl
