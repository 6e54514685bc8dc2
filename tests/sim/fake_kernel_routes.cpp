// Routes and rules of the simulated kernel: those with our protocol, which is all that tandem sees.
#include <algorithm>
#include <cerrno>

#include "fake_kernel.hpp"

namespace sim {

base::Result<void> FakeKernel::add(const kernel::Route& route) {
    const std::string attempt = "add route " + route.text();
    requests_.push_back(attempt);
    if (faults.add_route != 0) return base::os_failure(attempt, faults.add_route);
    const Device* on = route.link ? device(*route.link) : nullptr;
    if (route.link && (on == nullptr || !on->link.is_up))
        return base::os_failure(attempt, ENETDOWN);
    install(route);
    return {};
}

base::Result<void> FakeKernel::add(const kernel::Rule& rule) {
    requests_.push_back("add rule " + rule.text());
    install(rule);
    return {};
}

base::Result<void> FakeKernel::remove(const kernel::Route& route) {
    requests_.push_back("remove route " + route.text());
    (void)uninstall(route);
    return {};
}

base::Result<void> FakeKernel::remove(const kernel::Rule& rule) {
    requests_.push_back("remove rule " + rule.text());
    (void)uninstall(rule);
    return {};
}

void FakeKernel::install(const kernel::Route& route) {
    routes_.insert(route);
    events_.emplace_back(kernel::event::RouteSet{route});
}

void FakeKernel::install(const kernel::Rule& rule) {
    rules_.insert(rule);
    events_.emplace_back(kernel::event::RuleSet{rule});
}

bool FakeKernel::uninstall(const kernel::Route& route) {
    if (routes_.erase(route) == 0) return false;
    events_.emplace_back(kernel::event::RouteGone{route});
    return true;
}

bool FakeKernel::uninstall(const kernel::Rule& rule) {
    if (rules_.erase(rule) == 0) return false;
    events_.emplace_back(kernel::event::RuleGone{rule});
    return true;
}

void FakeKernel::set_down(std::string_view name) {
    Device* found = device(name);
    if (found == nullptr) return;
    found->link.is_up = false;
    found->link.has_carrier = false;
    std::erase_if(routes_, [&](const auto& route) { return route.link == found->link.index; });
    tell_link(*found);
}

void FakeKernel::set_up(std::string_view name) {
    Device* found = device(name);
    if (found == nullptr) return;
    found->link.is_up = true;
    found->link.has_carrier = true;
    tell_link(*found);
}

std::vector<std::string> FakeKernel::routes() const {
    std::vector<std::string> found;
    for (const kernel::Route& route : routes_) found.push_back(route.text());
    return found;
}

std::vector<std::string> FakeKernel::rules() const {
    std::vector<std::string> found;
    for (const kernel::Rule& rule : rules_) found.push_back(rule.text());
    return found;
}

}  // namespace sim
