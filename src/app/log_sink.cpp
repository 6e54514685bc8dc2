#include "app/log_sink.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <climits>
#include <cstdlib>
#include <cstring>

namespace app {

namespace {

constexpr std::string_view journal_path = "/run/systemd/journal/socket";

// systemd sets JOURNAL_STREAM to "DEVICE:INODE" of the stream that it connected (sd-daemon(3)).
bool stderr_is_the_journal() {
    const char* stream = std::getenv("JOURNAL_STREAM");
    struct stat status{};
    if (stream == nullptr || ::fstat(STDERR_FILENO, &status) < 0) return false;
    return fmt::format("{}:{}", status.st_dev, status.st_ino) == stream;
}

// Not connected: a connection would outlive a restart of the journal's socket and lead nowhere.
bool send_to_journal(int socket, std::string_view entry) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, journal_path.data(), journal_path.size());
    return ::sendto(socket, entry.data(), entry.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                    reinterpret_cast<const sockaddr*>(&address), sizeof(address)) >= 0;
}

// "KEY=value\n", or for a value with a line break the form with a 64-bit little-endian length.
void append_field(std::string& entry, std::string_view key, std::string_view value) {
    entry += key;
    if (value.find('\n') == std::string_view::npos) {
        entry.append("=").append(value).append("\n");
        return;
    }
    entry += '\n';
    for (unsigned shift = 0; shift < 64; shift += 8)
        entry += static_cast<char>(static_cast<std::uint64_t>(value.size()) >> shift);
    entry.append(value).append("\n");
}

std::string journal_key(std::string_view key) {
    std::string upper = "TANDEM_";
    for (const char c : key)
        upper += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return upper;
}

// A pipe or terminal whose reader has stopped would block us; a write of at most PIPE_BUF octets to
// one that is ready does not.
bool write_line(int descriptor, std::string line) {
    line.resize(std::min<std::size_t>(line.size(), PIPE_BUF - 1));
    line += '\n';
    pollfd ready{.fd = descriptor, .events = POLLOUT, .revents = 0};
    if (::poll(&ready, 1, 0) != 1 || (ready.revents & POLLOUT) == 0) return false;
    return ::write(descriptor, line.data(), line.size()) == static_cast<ssize_t>(line.size());
}

}  // namespace

std::string journal_entry(const base::log::Record& record) {
    std::string entry;
    append_field(entry, "MESSAGE", record.text());
    append_field(entry, "PRIORITY", fmt::to_string(static_cast<int>(record.level)));
    append_field(entry, "SYSLOG_IDENTIFIER", "tandemd");
    if (record.event) {
        append_field(entry, "MESSAGE_ID", base::id_of(*record.event));
        append_field(entry, "TANDEM_EVENT", base::name_of(*record.event));
    }
    for (const auto& field : record.fields)
        append_field(entry, journal_key(field.key), field.value);
    return entry;
}

LogSink LogSink::open(base::log::Level level) {
    base::Fd journal;
    if (stderr_is_the_journal())
        journal = base::Fd{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    return LogSink{std::move(journal), level};
}

bool LogSink::try_write(const base::log::Record& record) const {
    if (!journal_.is_open())
        return write_line(STDERR_FILENO,
                          fmt::format("<{}>{}", static_cast<int>(record.level), record.text()));
    return send_to_journal(journal_.number(), journal_entry(record));
}

void LogSink::write(const base::log::Record& record) {
    if (record.level > level_) return;
    if (dropped_untold_ > 0) {
        const base::log::Record missing{base::log::Level::warning,
                                        "log lines were dropped",
                                        {{"count", fmt::to_string(dropped_untold_)}},
                                        base::EventKind::lines_dropped};
        if (try_write(missing)) dropped_untold_ = 0;
    }
    if (try_write(record)) return;
    ++dropped_;
    ++dropped_untold_;
}

}  // namespace app
