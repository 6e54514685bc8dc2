// Where the memories of the sessions are kept for the next process: a file in the run directory,
// mapped, so that keeping them current takes no system call and survives any death.
//
// The layout is fixed: a header (version, boot, a sum over itself), and for each session two slots,
// each with a number and a sum over itself. They are written in turn: whatever ends the process
// between two octets leaves the other slot whole, and what is not whole is not read.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/memory.hpp"
#include "base/bytes.hpp"
#include "base/result.hpp"

namespace app {

// The kernel's name of this boot; empty when it gives none.
std::string present_boot();

// What the octets of a state file say, as far as they are whole. An error says why they are none;
// those of another boot are none, and no error.
base::Result<std::vector<Memory>> memories_in(base::ByteView octets, std::string_view boot);
// The same of a file. One that is not there is no error.
base::Result<std::vector<Memory>> memories_of_file(const std::string& path, std::string_view boot);

class StateFile {
public:
    // Makes the file anew beside the old one and puts it in its place, with room for so many
    // sessions and these memories. Fails when there is no room for all of it: nothing is lost
    // later, because nothing is allocated later. Then no file is left there.
    static base::Result<StateFile> make(const std::string& path, std::string_view boot,
                                        std::span<const Memory> memories, std::size_t capacity);
    StateFile(StateFile&& other) noexcept;
    StateFile& operator=(StateFile&& other) = delete;
    StateFile(const StateFile&) = delete;
    StateFile& operator=(const StateFile&) = delete;
    ~StateFile();

    // From now on these are what there is. Writes those that are other than before. What is more
    // than the capacity is not kept.
    void keep(std::span<const Memory> memories);

private:
    StateFile(std::uint8_t* octets, std::size_t capacity) : octets_{octets}, capacity_{capacity} {}
    void write(std::size_t place, const Memory& memory);

    std::uint8_t* octets_;
    std::size_t capacity_;
    std::uint64_t sequence_ = 0;
    std::vector<Memory> kept_;
};

}  // namespace app
