// Step 7 of a turn: carries out the plan between what should be in the kernel and what is.
//
// In slices, so that an advert is never late because of address work. It remembers what the kernel
// has refused (tried again, later each time), what it has put there (so that a loss is noticed and
// a fight over it ends), and when each lease was renewed. It decides nothing about roles: what it
// notices goes back to the engine as facts.
//
// An IPv6 address that the kernel has confirmed is not in use yet: a work queue makes it answer
// (addrconf_dad_work()), and notifies of it only then. Announced before, it would be nobody's.
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "app/ports.hpp"
#include "base/time.hpp"
#include "kernel/reconcile.hpp"

namespace app {

// What came of the work, for the session that wanted it.
struct Upkeep {
    enum class What : std::uint8_t {
        installed,    // it is in the kernel now
        lost,         // somebody else has removed it; it is put back
        expired,      // its lease has ended, as nothing renewed it in time; it is put back
        taken_along,  // a route that the kernel removed with its link or its source; it is put back
        refused,      // by the kernel, for the first time; it is tried again
        given_up,     // for some time, with all that the session wants; see surrender_of()
    };
    What what;
    kernel::Object object;
    std::optional<std::size_t> owner;  // none: of nobody any more, on its way out
    base::Error error{};               // of `refused`
};

class Reconciler {
public:
    // What should be there from now on.
    void want(kernel::Desired desired, base::Instant now);
    // The kernel has something else than before.
    void look_again() { must_plan_ = true; }
    // The kernel has notified of this address, which is in use now.
    void address_came(const kernel::AddressKey& key);
    // Routes that were refused may go now: a link or an address has come or gone.
    void try_routes_again(base::Instant now);
    // A session's leases may be renewed: it is alive, and the others know it. They are when they
    // are of this age.
    void advert_was_sent(std::size_t owner, base::Duration age, base::Instant now);

    // A process before us has put there what this owner will want, and renewed its lease nobody
    // knows when: the first advert renews it.
    void inherit(std::size_t owner, std::optional<std::chrono::seconds> lease);

    // The owner cannot serve what it holds: it stays away for a while, as after a refusal.
    void give_up(std::size_t owner, const std::string& why, base::Instant now);

    // The owners have other numbers now; who is not in it has gone. want() is next.
    void renumber(const std::map<std::size_t, std::size_t>& numbers);

    // Where promote_secondaries was off before us, and is to be off again after us.
    [[nodiscard]] const std::set<kernel::LinkIndex>& protected_links() const { return protected_; }
    void protect(kernel::LinkIndex link) { protected_.insert(link); }

    // One slice of the work. What the kernel confirms goes into `view`.
    std::vector<Upkeep> work(kernel::View& view, Ports& ports, base::Instant now);
    // When there is more to do; none: only an event can change anything.
    [[nodiscard]] std::optional<base::Instant> deadline(base::Instant now) const;

    [[nodiscard]] const kernel::Desired& desired() const { return desired_; }
    // What the kernel has refused last, in words; null when it has not.
    [[nodiscard]] const std::string* error_of(const kernel::Object& object) const;
    // Why this owner cannot hold what it wants, in words; empty when it may try.
    [[nodiscard]] std::string surrender_of(std::size_t owner, base::Instant now) const;
    // When the next owner may try again.
    [[nodiscard]] std::optional<base::Instant> next_attempt(base::Instant now) const;

private:
    // A request that the kernel refused.
    struct Retry {
        base::Instant at;
        base::Duration wait;
        std::string error;
    };
    // Somebody removes what we put there.
    struct Contest {
        base::Instant since;  // of the minute in which the restorations are counted
        int restores;
        base::Instant last_loss{};
    };
    struct Surrender {
        base::Instant until;
        base::Duration wait;  // of this time
        std::string why;
    };
    struct Renewal {
        std::optional<std::chrono::seconds> lease;
        std::vector<std::size_t> wishes;  // where in desired_.addresses
        base::Instant renewed;            // when the last round began
        base::Instant last_whole;         // when the last one began in which nothing was refused
        bool has_failed = false;          // something was, in the present one
        bool is_told = false;             // and somebody knows
        base::Instant lapsed_until;       // until then a loss is the end of a lease
        std::optional<std::size_t> next;  // in `wishes`: the round goes on there
    };

    // Of an address that was confirmed: whether the kernel still has to put it to use.
    enum class Arrival : std::uint8_t { expected, over };

    void plan(const kernel::View& view, std::vector<Upkeep>& told, base::Instant now);
    void give_back_settings(const kernel::View& view);
    void find_present(const kernel::View& view, std::vector<Upkeep>& told, base::Instant now);
    [[nodiscard]] std::vector<Upkeep> take_arrived();
    void await(const kernel::AddressKey& key, base::Instant now);
    void ask_for_overdue(base::Instant now);
    void notice_losses(const kernel::View& view, std::vector<Upkeep>& told, base::Instant now);
    [[nodiscard]] Upkeep::What note_loss(const kernel::Object& object, std::size_t owner,
                                         base::Instant now);
    [[nodiscard]] std::optional<Upkeep> loss_of(const kernel::Request& request,
                                                const kernel::View& view, base::Instant now);
    [[nodiscard]] bool is_same_removal(const kernel::Object& object, base::Instant now);
    void confirm(const kernel::Request& request, Arrival arrival, kernel::View& view,
                 base::Instant now);
    [[nodiscard]] bool was_there_before(const kernel::Request& request, const base::Error& error);
    [[nodiscard]] bool is_awaited(const kernel::Object& object) const;
    void surrender(std::size_t owner, const std::string& why, base::Duration least,
                   base::Instant now);
    [[nodiscard]] bool has_nothing(std::size_t owner) const;
    void forget_solved();
    [[nodiscard]] std::vector<kernel::Request> next_slice(const kernel::View& view);
    void add_renewals(std::vector<kernel::Request>& slice, const kernel::View& view);
    void take_answer(const kernel::Request& request, const base::Result<void>& answer,
                     kernel::View& view, std::vector<Upkeep>& told, base::Instant now);
    void refused(const kernel::Request& request, const base::Error& error,
                 std::vector<Upkeep>& told, base::Instant now);
    void renewal_failed(const kernel::AddressWish& wish, const base::Error& error,
                        std::vector<Upkeep>& told);
    [[nodiscard]] bool may_try(const kernel::Object& object, base::Instant now) const;
    [[nodiscard]] bool has_expired(const kernel::AddressWish& wish, base::Instant now) const;

    kernel::Desired desired_;
    bool must_plan_ = true;
    bool is_fresh_ = true;  // somebody waits for the first of it
    std::deque<kernel::Request> queue_;
    std::map<kernel::Object, Retry> retries_;
    std::set<kernel::Object> held_;  // wanted, and was seen in the kernel
    // Confirmed, and not in use yet: until when that is waited for.
    std::map<kernel::AddressKey, base::Instant> awaited_;
    std::optional<base::Instant> overdue_at_;  // the first of them, or earlier
    std::vector<kernel::AddressKey> arrived_;  // and not told yet
    std::map<kernel::Object, Contest> contests_;
    std::map<std::size_t, Surrender> surrenders_;  // by owner
    std::set<kernel::LinkIndex> protected_;        // where promote_secondaries was off before us
    std::map<std::size_t, Renewal> renewals_;      // by owner
};

}  // namespace app
