#include "app/inheritance.hpp"

#include <algorithm>
#include <utility>

namespace app {

using base::log::Level;

Inheritance inherit(const RunDirectory& directory, std::size_t sessions, LogSink& log) {
    constexpr std::size_t least = 64;  // a reload may bring more than there are now
    const std::string path = directory.file("state");
    const std::string boot = present_boot();
    Inheritance inherited;
    if (auto memories = memories_of_file(path, boot))
        inherited.memories = std::move(*memories);
    else
        log.write({Level::warning,
                   "what the process before has left cannot be used; starting without it",
                   {{"error", memories.error().text()}},
                   base::EventKind::file_damaged});
    auto file = StateFile::make(path, boot, inherited.memories, std::max(least, 2 * sessions));
    if (file)
        inherited.file.emplace(std::move(*file));
    else
        log.write({Level::warning,
                   "no state can be left to the next process; after a crash it will not go on as "
                   "Active",
                   {{"error", file.error().text()}}});
    return inherited;
}

}  // namespace app
