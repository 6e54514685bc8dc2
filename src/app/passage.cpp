#include "app/passage.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <string_view>

namespace app {

namespace {

enum class AtExec : std::uint8_t { stays, closes };

void mark(int descriptor, AtExec fate) {
    if (descriptor >= 0)
        (void)::fcntl(descriptor, F_SETFD, fate == AtExec::closes ? FD_CLOEXEC : 0);
}

void mark_all(const Luggage& luggage, AtExec fate) {
    for (const int descriptor : {luggage.runner, luggage.keeper_end, luggage.control})
        mark(descriptor, fate);
    for (const auto& [name, descriptor] : luggage.sockets) mark(descriptor, fate);
}

std::string first_line_of(const Luggage& luggage) {
    std::string line = fmt::format("tandem runner={} keeper_end={} control={}", luggage.runner,
                                   luggage.keeper_end, luggage.control);
    for (const auto& [name, descriptor] : luggage.sockets)
        line += fmt::format(" {}={}", name, descriptor);
    return line + "\n";
}

base::Result<base::Fd> memory_with(const std::string& text) {
    base::Fd memory{::memfd_create("tandem-passage", MFD_ALLOW_SEALING)};
    if (!memory.is_open()) return base::os_failure("make room for a snapshot", errno);
    for (std::size_t written = 0; written < text.size();) {
        const ssize_t size = ::write(memory.number(), text.data() + written, text.size() - written);
        if (size <= 0) return base::os_failure("write a snapshot", errno);
        written += static_cast<std::size_t>(size);
    }
    (void)::fcntl(memory.number(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK);
    return memory;
}

base::Result<std::string> text_in(const base::Fd& memory) {
    std::string text;
    std::array<char, 64UL * 1024> part{};
    for (;;) {
        const ssize_t size =
            ::pread(memory.number(), part.data(), part.size(), static_cast<off_t>(text.size()));
        if (size < 0) return base::os_failure("read a snapshot", errno);
        if (size == 0) return text;
        text.append(part.data(), static_cast<std::size_t>(size));
    }
}

struct Item {
    std::string_view name;
    int number;
};

// "name=7"; the number -1 for what is none.
Item item_in(std::string_view word) {
    const auto equals = std::min(word.find('='), word.size());
    int number = -1;
    const std::string_view digits = word.substr(std::min(equals + 1, word.size()));
    (void)std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return {word.substr(0, equals), number};
}

}  // namespace

base::Error go_on_as(const std::string& program, std::vector<std::string> arguments,
                     const Luggage& luggage) {
    const auto memory = memory_with(first_line_of(luggage) + luggage.body);
    if (!memory) return memory.error();
    arguments.insert(arguments.end(), {"--continue", fmt::to_string(memory->number())});
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    mark_all(luggage, AtExec::stays);
    ::execv(program.c_str(), pointers.data());
    const int error = errno;
    mark_all(luggage, AtExec::closes);
    return {"go on as " + program, error, {}};
}

base::Result<Arrival> arrive(int descriptor) {
    const base::Fd memory{descriptor};
    TRY(const std::string text, text_in(memory));
    const auto end = text.find('\n');
    if (!text.starts_with("tandem ") || end == std::string::npos)
        return base::failure("go on in the place of another program", "it has left nothing");
    Arrival arrival{.runner = {.socket = {}, .keeper = -1, .keeper_end = {}},
                    .control = {},
                    .sockets = {},
                    .body = text.substr(end + 1)};
    std::string_view line = std::string_view{text}.substr(0, end);
    while (!line.empty()) {
        const auto blank = std::min(line.find(' '), line.size());
        const Item item = item_in(line.substr(0, blank));
        line.remove_prefix(std::min(blank + 1, line.size()));
        if (item.number < 0) continue;
        base::Fd owned{item.number};
        mark(item.number, AtExec::closes);
        if (item.name == "runner")
            arrival.runner.socket = std::move(owned);
        else if (item.name == "keeper_end")
            arrival.runner.keeper_end = std::move(owned);
        else if (item.name == "control")
            arrival.control = std::move(owned);
        else
            arrival.sockets.push_back({std::string{item.name}, std::move(owned)});
    }
    if (!arrival.runner.socket.is_open())
        return base::failure("go on in the place of another program", "it has left no runner");
    return arrival;
}

}  // namespace app
