#include "health/descendants.hpp"

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <memory>
#include <string>

namespace health {

namespace {

using namespace std::chrono_literals;

struct CloseDirectory {
    void operator()(DIR* directory) const { ::closedir(directory); }
};

// Waits for children that have ended; false when there are no children at all.
bool reap_some() {
    while (true) {
        const pid_t ended = ::waitpid(-1, nullptr, WNOHANG);
        if (ended == 0) return true;
        if (ended < 0) return false;
    }
}

}  // namespace

void become_subreaper() { ::prctl(PR_SET_CHILD_SUBREAPER, 1); }

// The kernel keeps a list for each thread.
std::vector<pid_t> children_of(pid_t process) {
    std::vector<pid_t> out;
    const std::string tasks = "/proc/" + std::to_string(process) + "/task";
    const std::unique_ptr<DIR, CloseDirectory> directory{::opendir(tasks.c_str())};
    if (!directory) return out;
    while (const dirent* task = ::readdir(directory.get())) {
        if (task->d_name[0] == '.') continue;
        std::ifstream children{tasks + "/" + task->d_name + "/children"};
        for (pid_t child = 0; children >> child;) out.push_back(child);
    }
    return out;
}

// Parents first: they start no more children, and those that are missed become ours.
void kill_tree(pid_t process) {
    std::vector<pid_t> doomed{process};
    for (std::size_t i = 0; i < doomed.size(); ++i) {
        const auto children = children_of(doomed[i]);
        ::kill(doomed[i], SIGKILL);
        doomed.insert(doomed.end(), children.begin(), children.end());
    }
}

Ended end_descendants(base::Duration at_most) {
    constexpr base::Duration pause = 1ms;
    for (base::Duration waited{}; reap_some(); waited += pause) {
        if (waited > at_most) return Ended::not_all;
        for (const pid_t child : children_of(::getpid())) kill_tree(child);
        ::poll(nullptr, 0, static_cast<int>(pause / 1ms));
    }
    return Ended::all;
}

}  // namespace health
