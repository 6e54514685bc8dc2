// Whether a file is there, or not; or the penalty that it holds.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "health/file_watch.hpp"
#include "health/message.hpp"
#include "health/probe.hpp"

namespace health {

// What a file says that holds a penalty. None: it is empty, because somebody is writing it.
std::optional<Outcome> penalty_in(std::string_view contents);

class FileProbe final : public Probe, public FileListener {
public:
    FileProbe(kind::File wanted, Waker& waker, FileWatch& files);
    ~FileProbe() override;

    std::optional<Outcome> start(base::Instant now) override;
    std::optional<Outcome> on_ready(int descriptor, base::Instant now) override;
    Outcome give_up(base::Instant now) override;

    void on_change() override { waker_.look_now(*this); }
    void on_lost() override;

private:
    [[nodiscard]] Outcome presence() const;
    Outcome penalty();

    kind::File wanted_;
    Waker& waker_;
    FileWatch& files_;
    bool is_joined_ = false;
    Outcome last_{.is_well = true, .text = "the file is empty"};
};

}  // namespace health
