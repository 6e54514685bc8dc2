// Gathers what tandemctl can see of this machine beside the daemon: files of /proc and /sys, and
// adverts on the interfaces of routers. Decides nothing. What it may not see it names as skipped.
#pragma once

#include <functional>
#include <string>

#include "ctl/doctor.hpp"

namespace ctl {

class Symptoms {
public:
    explicit Symptoms(Examination& examination) : examination_{examination} {}

    // Goes where the daemon is: its interfaces and settings may be those of another namespace.
    void enter_namespace();
    // Listens for as long as the facts say, and notes the status of when that began.
    void listen(const std::function<Answer()>& ask_status);
    void look_around();

private:
    void look_at_settings();
    void look_at_process();
    void look_at_daemons();

    Examination& examination_;
    bool is_there_ = false;   // in the namespace of the daemon
    bool is_daemon_ = false;  // the process that the status names is the daemon
};

}  // namespace ctl
