#include "ctl/metrics_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "ctl/metrics.hpp"

namespace ctl {

namespace {

constexpr mode_t readable_by_all = 0644;

std::unexpected<Failure> write_failure(const std::string& path, int os_error) {
    return fail(ExitCode::failed, fmt::format("cannot write {}: {}", path,
                                              std::generic_category().message(os_error)));
}

// Beside the file, since only within a file system a name is replaced at once. node_exporter reads
// *.prom; this name is none.
std::string name_beside(const std::string& path) {
    const auto slash = path.rfind('/');
    const std::size_t begin = slash == std::string::npos ? 0 : slash + 1;
    return path.substr(0, begin) + "." + path.substr(begin) + ".XXXXXX";
}

// The error's number, or 0.
int fill(const base::Fd& file, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(file.number(), text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return errno;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    if (::fchmod(file.number(), readable_by_all) != 0 || ::fsync(file.number()) != 0) return errno;
    return 0;
}

}  // namespace

Expected<void> replace_file(const std::string& path, std::string_view text) {
    std::string beside = name_beside(path);
    const base::Fd file{::mkostemp(beside.data(), O_CLOEXEC)};
    if (!file.is_open()) return write_failure(path, errno);
    int error = fill(file, text);
    if (error == 0 && std::rename(beside.c_str(), path.c_str()) != 0) error = errno;
    if (error == 0) return {};
    (void)::unlink(beside.c_str());
    return write_failure(path, error);
}

Outcome show_metrics(const Options& options, const Expected<std::string>& answer) {
    const Scrape scrape = scrape_of(answer);
    Outcome outcome;
    if (scrape.failure) outcome = outcome_of(*scrape.failure);
    if (!options.metrics_file) {
        if (!scrape.failure) outcome.out = scrape.text;
        return outcome;
    }
    if (const auto written = replace_file(*options.metrics_file, scrape.text); !written) {
        const Outcome unwritten = outcome_of(written.error());
        outcome.code = unwritten.code;
        outcome.err += unwritten.err;
    }
    return outcome;
}

}  // namespace ctl
