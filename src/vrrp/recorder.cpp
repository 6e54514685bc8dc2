#include "vrrp/recorder.hpp"

#include <utility>

namespace vrrp {

void replay(Origin& session, const Occurrence& occurrence) {
    if (const auto* params = std::get_if<Params>(&occurrence.what)) {
        session.params = *params;
        return;
    }
    if (session.params)
        session.state =
            step(*session.params, session.state, std::get<Event>(occurrence.what), occurrence.at)
                .next;
}

void Recorder::note(std::uint32_t session, const Params& params, const Event& event, Instant at,
                    std::optional<Cause> cause) {
    if (session >= origins_.size()) {
        origins_.resize(session + 1);
        params_.resize(session + 1);
    }
    if (params_[session] != params) {
        params_[session] = params;
        keep({at, session, params});
    }
    keep({at, session, event, cause});
}

void Recorder::keep(Occurrence occurrence) {
    occurrences_.push_back(std::move(occurrence));
    if (occurrences_.size() <= capacity_) return;
    replay(origins_[occurrences_.front().session], occurrences_.front());
    occurrences_.pop_front();
}

}  // namespace vrrp
