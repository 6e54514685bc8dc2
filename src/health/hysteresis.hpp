// When results in a row make a verdict. Pure: knows no probe and no time.
#pragma once

#include <cstdint>
#include <optional>

namespace health {

enum class Verdict : std::uint8_t { passed, failed };

// A check passes after `rise` good results in a row and fails after `fall` bad ones. While nothing
// has been said yet, the first result counts at once: who waits for it waits for one look, not for
// several.
class Hysteresis {
public:
    constexpr Hysteresis(int rise, int fall, std::optional<Verdict> counts_as)
        : rise_{rise}, fall_{fall}, verdict_{counts_as} {}

    // Takes one result in; the verdict that holds from now on.
    constexpr Verdict take(Verdict result) {
        if (!verdict_) verdict_ = result;
        if (result == *verdict_) {
            against_ = 0;
            return *verdict_;
        }
        ++against_;
        if (against_ < (result == Verdict::passed ? rise_ : fall_)) return *verdict_;
        against_ = 0;
        verdict_ = result;
        return result;
    }

    // None before the first result.
    [[nodiscard]] constexpr std::optional<Verdict> verdict() const { return verdict_; }
    // How many results in a row speak against the verdict.
    [[nodiscard]] constexpr int against() const { return against_; }

    // The same history under other limits: a changed plan forgets nothing.
    constexpr void limit(int rise, int fall) {
        rise_ = rise;
        fall_ = fall;
    }

private:
    int rise_;
    int fall_;
    std::optional<Verdict> verdict_;
    int against_ = 0;
};

}  // namespace health
