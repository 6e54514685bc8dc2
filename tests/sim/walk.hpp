// Walks a scene: makes its hosts, does to them what it says, and asks the judge after every event.
#pragma once

#include <string>
#include <vector>

#include "judge.hpp"
#include "lan.hpp"
#include "scene.hpp"

namespace sim {

class Walk {
public:
    Walk(Scene scene, Lan::Tracing tracing);

    // Ends at the first violation.
    void run();
    // What did not hold, in words; empty when all is well.
    [[nodiscard]] const std::string& violation() const { return judge_.violation(); }
    [[nodiscard]] const Lan& lan() const { return lan_; }

private:
    void make_hosts();
    [[nodiscard]] config::Router router_of(const MemberPlan& member) const;
    void run_until(Instant end);
    void perform(const Action& action);
    void disturb_process(const Action& action);
    void reload(HostId id, int number);
    void give_an_order(const Action& action);
    void order(HostId id, const app::Instruction& instruction);
    void disturb_network(const Action& action);
    void disturb_link(const Action& action);
    void disturb_kernel(const Action& action);
    void break_kernel(HostId id, int kinds);
    void restore_link(HostId id);
    void inject_junk(const Action& action);
    void mend();

    Scene scene_;
    Lan lan_;
    Instant start_;
    Judge judge_;
};

}  // namespace sim
