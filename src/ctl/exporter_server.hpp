// HTTP, within bounds. The one place that knows cpp-httplib.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "ctl/exporter.hpp"
#include "ctl/exporter_options.hpp"
#include "ctl/outcome.hpp"

namespace ctl {

using Answerer = std::function<Reply(std::string_view method, std::string_view path)>;

// Serves until the process is ended; `listening` is called when the socket is open. Returns only
// when it cannot listen.
Failure serve(const Endpoint& endpoint, const Answerer& answer,
              const std::function<void()>& listening);

}  // namespace ctl
