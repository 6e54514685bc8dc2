#include "base/trusted_file.hpp"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <deque>
#include <string_view>
#include <vector>

namespace base {

namespace {

constexpr int links_at_most = 40;  // as many as the kernel follows

// "/a//b/" as {"a", "b"}
std::deque<std::string> components_of(std::string_view path) {
    std::deque<std::string> out;
    while (!path.empty()) {
        const auto end = std::min(path.find('/'), path.size());
        if (end > 0) out.emplace_back(path.substr(0, end));
        path.remove_prefix(std::min(end + 1, path.size()));
    }
    return out;
}

// One walk from the root to the program, a descriptor for each directory on the way.
class Walk {
public:
    Walk(const std::string& path, Trust trust)
        : program_{path}, attempt_{"run " + path}, trust_{trust}, ahead_{components_of(path)} {}

    Result<Fd> to_the_end() {
        TRY_DO(enter("/", open_root()));
        while (!ahead_.empty()) {
            const std::string name = std::move(ahead_.front());
            ahead_.pop_front();
            if (name == ".") continue;
            if (name == "..") {
                if (steps_.size() > 1) steps_.pop_back();
                continue;
            }
            TRY_DO(step(name));
        }
        return program();
    }

private:
    struct Step {
        std::string path;
        Fd file;
        struct stat status;
    };

    static Fd open_root() { return Fd{::open("/", O_PATH | O_CLOEXEC)}; }

    Result<void> step(const std::string& name) {
        const Step& folder = steps_.back();
        std::string path = (folder.path == "/" ? "" : folder.path) + "/" + name;
        Fd file{::openat(folder.file.number(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC)};
        TRY_DO(enter(std::move(path), std::move(file)));
        if (!S_ISLNK(steps_.back().status.st_mode)) return {};
        return follow();
    }

    // Goes on where the link that was entered last leads to.
    Result<void> follow() {
        if (++links_ > links_at_most) return failure(attempt_, "too many symbolic links");
        std::array<char, PATH_MAX> target{};
        const ssize_t size =
            ::readlinkat(steps_.back().file.number(), "", target.data(), target.size());
        if (size < 0) return os_failure(attempt_, errno);
        const std::string_view text{target.data(), static_cast<std::size_t>(size)};
        steps_.pop_back();
        if (text.starts_with('/')) steps_.erase(steps_.begin() + 1, steps_.end());
        const auto leads_to = components_of(text);
        ahead_.insert(ahead_.begin(), leads_to.begin(), leads_to.end());
        return {};
    }

    Result<void> enter(std::string path, Fd file) {
        if (!file.is_open())
            return std::unexpected(Error{attempt_, errno, path == program_ ? "" : path});
        struct stat status{};
        if (::fstat(file.number(), &status) < 0) return os_failure(attempt_, errno);
        TRY_DO(judge(path, status));
        steps_.push_back({std::move(path), std::move(file), status});
        return {};
    }

    // The attempt has named the program already.
    [[nodiscard]] std::string called(const std::string& path) const {
        return path == program_ ? "it" : path;
    }

    [[nodiscard]] Result<void> judge(const std::string& path, const struct stat& status) const {
        if (status.st_uid != 0 && status.st_uid != trust_.user)
            return failure(attempt_, called(path) + " belongs to user " +
                                         std::to_string(status.st_uid) +
                                         ", who could change it; chown root " + path);
        // The mode of a symbolic link means nothing; who may change it, its directory says.
        if (S_ISLNK(status.st_mode)) return {};
        const bool by_group = (status.st_mode & S_IWGRP) != 0;
        const bool by_others = (status.st_mode & S_IWOTH) != 0;
        if (!by_group && !by_others) return {};
        // A directory for everybody's temporary files has to stay one.
        const std::string cure = (status.st_mode & S_ISVTX) != 0
                                     ? "put it into a directory of root, such as /etc/tandem"
                                     : "chmod go-w " + path;
        return failure(attempt_, called(path) + " is writable by " +
                                     (by_others ? "everybody" : "its group") + "; " + cure);
    }

    Result<Fd> program() {
        Step& last = steps_.back();
        if (!S_ISREG(last.status.st_mode))
            return failure(attempt_, called(last.path) + " is not a file");
        if ((last.status.st_mode & 0111) == 0)
            return failure(attempt_,
                           called(last.path) + " is not executable; chmod +x " + last.path);
        return std::move(last.file);
    }

    std::string program_;
    std::string attempt_;
    Trust trust_;
    std::deque<std::string> ahead_;
    std::vector<Step> steps_;
    int links_ = 0;
};

}  // namespace

Result<Fd> open_trusted(const std::string& path, Trust trust) {
    if (!path.starts_with('/')) return failure("run " + path, "the path must begin with /");
    return Walk{path, trust}.to_the_end();
}

}  // namespace base
