// Says at once when something happens to a file, by inotify.
//
// It is the directory that is watched: the file need not exist. Where that cannot be (no such
// directory yet, a network file system, no watches left), nothing is said, and whoever looks from
// time to time sees it then.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.hpp"
#include "health/probe.hpp"

namespace health {

// Is told of one file.
class FileListener {
public:
    virtual ~FileListener() = default;
    virtual void on_change() = 0;
    // Its directory is another one now, or none: nothing more is said until it joins again.
    virtual void on_lost() = 0;
};

class FileWatch final : public Reader {
public:
    explicit FileWatch(Waker& waker) : waker_{waker} {}
    ~FileWatch() override;

    // False when nothing will be said; the directory may be there later.
    bool join(const std::string& path, FileListener& listener);
    void leave(FileListener& listener);

    void on_ready(int descriptor, base::Instant now) override;

private:
    struct Wanted {
        std::string name;  // in its directory
        FileListener* listener;
    };
    void take(int watch, std::uint32_t events, std::string_view name);

    Waker& waker_;
    base::Fd inotify_;
    std::map<int, std::vector<Wanted>> wanted_;  // of each watch, which is of a directory
};

}  // namespace health
