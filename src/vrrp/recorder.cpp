#include "vrrp/recorder.hpp"

#include <algorithm>
#include <iterator>
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

void Recorder::restore(std::vector<Origin> origins, std::vector<Occurrence> occurrences) {
    std::vector<Origin> sessions = origins;
    for (Occurrence& one : occurrences) {
        Origin& session = sessions.at(one.session);
        const auto* event = std::get_if<Event>(&one.what);
        if (event != nullptr && session.params)
            one.cause = step(*session.params, session.state, *event, one.at).cause;
        replay(session, one);
    }
    params_.clear();
    for (const Origin& session : sessions) params_.push_back(session.params);
    origins_ = std::move(origins);
    occurrences_ = {std::make_move_iterator(occurrences.begin()),
                    std::make_move_iterator(occurrences.end())};
}

void Recorder::renumber(const std::map<std::size_t, std::size_t>& numbers) {
    std::erase_if(occurrences_,
                  [&](const Occurrence& one) { return !numbers.contains(one.session); });
    for (Occurrence& one : occurrences_)
        one.session = static_cast<std::uint32_t>(numbers.at(one.session));
    std::size_t count = 0;
    for (const auto& [before, after] : numbers) count = std::max(count, after + 1);
    std::vector<Origin> origins(count);
    std::vector<std::optional<Params>> params(count);
    for (const auto& [before, after] : numbers) {
        if (before >= origins_.size()) continue;
        origins[after] = std::move(origins_[before]);
        params[after] = std::move(params_[before]);
    }
    origins_ = std::move(origins);
    params_ = std::move(params);
}

void Recorder::keep(Occurrence occurrence) {
    occurrences_.push_back(std::move(occurrence));
    if (occurrences_.size() <= capacity_) return;
    replay(origins_[occurrences_.front().session], occurrences_.front());
    occurrences_.pop_front();
}

}  // namespace vrrp
