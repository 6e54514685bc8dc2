#include "health/jobs.hpp"

#include <chrono>
#include <utility>

namespace health {

namespace {

constexpr const char* manager = "org.freedesktop.systemd1";
constexpr const char* manager_path = "/org/freedesktop/systemd1";
constexpr const char* manager_interface = "org.freedesktop.systemd1.Manager";
constexpr const char* unit_interface = "org.freedesktop.systemd1.Unit";
constexpr const char* job_interface = "org.freedesktop.systemd1.Job";
constexpr const char* properties = "org.freedesktop.DBus.Properties";
constexpr std::chrono::milliseconds patience{500};

}  // namespace

// The unit of a process, the job of the unit, the type of the job: three questions in a row.
struct Jobs::Steps {
    static int on_unit(sd_bus_message* reply, void* owner, sd_bus_error* /*error*/) {
        auto& self = *static_cast<Jobs*>(owner);
        const char* unit = nullptr;
        if (has_failed(self, reply) || sd_bus_message_read(reply, "o", &unit) < 0) return end(self);
        return get(self, unit, unit_interface, "Job", &on_job);
    }

    static int on_job(sd_bus_message* reply, void* owner, sd_bus_error* /*error*/) {
        auto& self = *static_cast<Jobs*>(owner);
        std::uint32_t id = 0;
        const char* job = nullptr;
        if (has_failed(self, reply) || sd_bus_message_read(reply, "v", "(uo)", &id, &job) < 0 ||
            id == 0)
            return end(self);
        return get(self, job, job_interface, "JobType", &on_type);
    }

    static int on_type(sd_bus_message* reply, void* owner, sd_bus_error* /*error*/) {
        auto& self = *static_cast<Jobs*>(owner);
        const char* type = nullptr;
        if (!has_failed(self, reply) && sd_bus_message_read(reply, "v", "s", &type) >= 0)
            self.answer({.type = type});
        return end(self);
    }

private:
    static bool has_failed(Jobs& self, sd_bus_message* reply) {
        const sd_bus_error* error = sd_bus_message_get_error(reply);
        if (error == nullptr) return false;
        self.answer(
            {.type = "", .error = error->message != nullptr ? error->message : error->name});
        return true;
    }

    static int get(Jobs& self, const char* object, const char* interface, const char* property,
                   sd_bus_message_handler_t next) {
        self.slot_ = sd_bus_slot_unref(self.slot_);
        const int sent =
            sd_bus_call_method_async(self.line_.bus(), &self.slot_, manager, object, properties,
                                     "Get", next, &self, "ss", interface, property);
        if (sent < 0) return end(self);
        self.line_.rearm();
        return 0;
    }

    // What has not been answered by now has no job.
    static int end(Jobs& self) {
        if (self.slot_ != nullptr) {
            if (self.answers_.empty()) self.answer({.type = ""});
            self.slot_ = sd_bus_slot_unref(self.slot_);
        }
        return 0;
    }
};

Jobs::Jobs(Waker& waker)
    : line_{waker, [this](const base::Error& error) {
                slot_ = sd_bus_slot_unref(slot_);
                line_.close();
                answer({.type = "", .error = error.text()});
            }} {}

Jobs::~Jobs() { sd_bus_slot_unref(slot_); }

void Jobs::ask(const JobQuestion& question) {
    slot_ = sd_bus_slot_unref(slot_);
    answers_.clear();
    if (const auto begun = begin(question); !begun)
        answer({.type = "", .error = begun.error().text()});
}

base::Result<void> Jobs::begin(const JobQuestion& question) {
    TRY_DO(line_.open(patience));
    const int sent = sd_bus_call_method_async(line_.bus(), &slot_, manager, manager_path,
                                              manager_interface, "GetUnitByPID", &Steps::on_unit,
                                              this, "u", static_cast<std::uint32_t>(question.pid));
    if (sent < 0) return base::os_failure("ask systemd for our unit", -sent);
    line_.rearm();
    return {};
}

void Jobs::answer(JobAnswer answer) { answers_.push_back(std::move(answer)); }

std::vector<JobAnswer> Jobs::take_answers() { return std::exchange(answers_, {}); }

}  // namespace health
