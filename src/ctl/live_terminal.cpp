#include "ctl/live_terminal.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

namespace ctl {

namespace {

// Alternate screen, cleared; no cursor; and back.
constexpr std::string_view take_screen = "\x1b[?1049h\x1b[?25l\x1b[H\x1b[2J";
constexpr std::string_view give_screen_back = "\x1b[0m\x1b[?25h\x1b[?1049l";
constexpr int longest_wait = 200;  // ms, for a terminal that takes nothing

// While it lives, the kernel does not stop a process in the background for using its terminal.
class InBackgroundToo {
public:
    InBackgroundToo() {
        sigset_t blocked;
        ::sigemptyset(&blocked);
        ::sigaddset(&blocked, SIGTTOU);
        ::pthread_sigmask(SIG_BLOCK, &blocked, &before_);
    }
    InBackgroundToo(const InBackgroundToo&) = delete;
    InBackgroundToo& operator=(const InBackgroundToo&) = delete;
    ~InBackgroundToo() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

private:
    sigset_t before_{};
};

}  // namespace

Expected<LiveTerminal> LiveTerminal::open() {
    // A description of our own: standard output is shared with others, which would not expect it
    // to be non-blocking. The terminal of another user (after su) opens by its other name only.
    constexpr int flags = O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    base::Fd tty{::open("/proc/self/fd/1", flags)};
    if (!tty.is_open()) tty = base::Fd{::open("/dev/tty", flags)};
    if (!tty.is_open())
        return fail(ExitCode::failed,
                    "cannot open the terminal: " + std::generic_category().message(errno));
    return LiveTerminal{std::move(tty)};
}

LiveTerminal::LiveTerminal(LiveTerminal&& other) noexcept
    : tty_{std::move(other.tty_)}, before_{std::exchange(other.before_, std::nullopt)} {}

LiveTerminal::~LiveTerminal() { leave(); }

void LiveTerminal::set(const termios& attributes) const {
    // TCSANOW: the others wait until a terminal that may be stopped has taken all output.
    while (::tcsetattr(tty_.number(), TCSANOW, &attributes) != 0 && errno == EINTR) continue;
}

void LiveTerminal::enter() {
    termios attributes{};
    if (!before_ && ::tcgetattr(tty_.number(), &attributes) == 0) before_ = attributes;
    if (before_) {
        attributes = *before_;
        attributes.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);  // ISIG stays: Ctrl-C, Ctrl-Z
        attributes.c_cc[VMIN] = 1;
        attributes.c_cc[VTIME] = 0;
        set(attributes);
    }
    write(take_screen);
}

void LiveTerminal::leave() {
    if (!before_) return;
    const InBackgroundToo in_background_too;
    // What Ctrl-S has stopped would keep the alternate screen; only what TCOOFF has stopped goes
    // on.
    ::tcflow(tty_.number(), TCOOFF);
    ::tcflow(tty_.number(), TCOON);
    write(give_screen_back);
    set(*before_);
    before_.reset();
}

void LiveTerminal::write(std::string_view text) const {
    while (!text.empty()) {
        const ssize_t written = ::write(tty_.number(), text.data(), text.size());
        if (written > 0) {
            text.remove_prefix(static_cast<std::size_t>(written));
            continue;
        }
        if (written < 0 && errno == EINTR) continue;
        if (written < 0 && errno != EAGAIN) return;
        pollfd waiting{tty_.number(), POLLOUT, 0};
        if (::poll(&waiting, 1, longest_wait) <= 0) return;
    }
}

std::optional<std::string> LiveTerminal::keys() const {
    std::array<char, 64> typed{};
    const ssize_t count = ::read(tty_.number(), typed.data(), typed.size());
    if (count > 0) return std::string{typed.data(), static_cast<std::size_t>(count)};
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return std::string{};
    return std::nullopt;
}

LiveTerminal::Size LiveTerminal::size() const {
    winsize size{};
    // 80x24 is what a terminal has that does not say.
    if (::ioctl(tty_.number(), TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0)
        return {.columns = 80, .rows = 24};
    return {.columns = size.ws_col, .rows = size.ws_row};
}

}  // namespace ctl
