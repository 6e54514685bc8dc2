#include "health/http_client.hpp"

#include <curl/curl.h>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "base/version.hpp"

namespace health {

namespace {

constexpr std::string_view unix_prefix = "http://unix:";

void arm(int timer, long milliseconds) {
    itimerspec when{};
    when.it_value.tv_sec = milliseconds / 1000;
    when.it_value.tv_nsec = milliseconds % 1000 * 1'000'000;
    // All zero would disarm it, but libcurl means "now".
    if (milliseconds == 0) when.it_value.tv_nsec = 1;
    if (milliseconds < 0) when = {};
    ::timerfd_settime(timer, 0, &when, nullptr);
}

std::size_t take_body(char* piece, std::size_t size, std::size_t count, void* listener) {
    const std::size_t octets = size * count;
    const auto go = static_cast<HttpListener*>(listener)->on_body({piece, octets});
    return go == HttpListener::Go::on ? octets : CURL_WRITEFUNC_ERROR;
}

// What libcurl says, without the times that it puts in: a text that is new each time is no news.
std::string reason(CURL* easy, CURLcode result, const char* detail) {
    long os_error = 0;
    curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &os_error);
    if (result == CURLE_COULDNT_CONNECT && os_error != 0)
        return "no connection: " + std::generic_category().message(static_cast<int>(os_error));
    if (result == CURLE_COULDNT_CONNECT || *detail == '\0') return curl_easy_strerror(result);
    return detail;
}

}  // namespace

HttpRequest http_request(const std::string& url, Certificate certificate) {
    const HttpRequest plain{.url = url, .certificate = certificate};
    if (!url.starts_with(unix_prefix)) return plain;
    const std::string rest = url.substr(unix_prefix.size());
    const auto colon = rest.find(':');
    const std::string path = colon == std::string::npos ? "/" : rest.substr(colon + 1);
    return {.url = "http://localhost" + path,
            .socket = rest.substr(0, colon),
            .certificate = certificate};
}

// ---- one request -------------------------------------------------------------------------------

struct HttpTransfer::Handle {
    Handle() : easy{curl_easy_init()} {}
    ~Handle() { curl_easy_cleanup(easy); }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;

    CURL* easy;
    std::array<char, CURL_ERROR_SIZE> error{};
};

HttpTransfer::HttpTransfer(HttpClient& client, HttpRequest request, HttpListener& listener)
    : client_{client}, request_{std::move(request)}, listener_{listener} {}

HttpTransfer::~HttpTransfer() { cancel(); }

// ---- all of them -------------------------------------------------------------------------------

struct HttpClient::Multi {
    Multi() : multi{curl_multi_init()} {}
    ~Multi() { curl_multi_cleanup(multi); }
    Multi(const Multi&) = delete;
    Multi& operator=(const Multi&) = delete;

    static int on_socket(CURL* /*easy*/, curl_socket_t descriptor, int what, void* client,
                         void* /*socket*/) {
        auto& self = *static_cast<HttpClient*>(client);
        if (what == CURL_POLL_REMOVE) {
            self.waker_.unwatch(descriptor);
            return 0;
        }
        std::uint32_t events = 0;
        if ((what & CURL_POLL_IN) != 0) events |= EPOLLIN;
        if ((what & CURL_POLL_OUT) != 0) events |= EPOLLOUT;
        self.waker_.watch(descriptor, events, self);
        return 0;
    }
    static int on_timer(CURLM* /*multi*/, long milliseconds, void* client) {
        arm(static_cast<HttpClient*>(client)->timer_.number(), milliseconds);
        return 0;
    }

    CURLM* multi;
};

HttpClient::HttpClient(Waker& waker) : waker_{waker} {}

HttpClient::~HttpClient() {
    multi_.reset();
    if (timer_.is_open()) waker_.unwatch(timer_.number());
}

base::Result<void> HttpClient::open() {
    if (multi_) return {};
    timer_ = base::Fd{::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)};
    if (!timer_.is_open()) return base::os_failure("make a timer for HTTP", errno);
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return base::failure("set up libcurl");
    auto made = std::make_unique<Multi>();
    if (made->multi == nullptr) return base::failure("set up libcurl");
    curl_multi_setopt(made->multi, CURLMOPT_SOCKETFUNCTION, &Multi::on_socket);
    curl_multi_setopt(made->multi, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(made->multi, CURLMOPT_TIMERFUNCTION, &Multi::on_timer);
    curl_multi_setopt(made->multi, CURLMOPT_TIMERDATA, this);
    waker_.watch(timer_.number(), EPOLLIN, *this);
    multi_ = std::move(made);
    return {};
}

void HttpClient::on_ready(int descriptor, base::Instant now) {
    int running = 0;
    if (descriptor == timer_.number()) {
        std::uint64_t ticks = 0;
        // It may have been armed anew since; then there is nothing to read.
        if (::read(timer_.number(), &ticks, sizeof(ticks)) < 0) return;
        curl_multi_socket_action(multi_->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    } else {
        // 0: libcurl finds out by itself what it may do.
        curl_multi_socket_action(multi_->multi, descriptor, 0, &running);
    }
    tell_ended(now);
}

void HttpClient::tell_ended(base::Instant now) {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_->multi, &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        const CURLcode result = message->data.result;  // gone with the next call
        char* owner = nullptr;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &owner);
        auto& transfer = *reinterpret_cast<HttpTransfer*>(owner);
        long code = 0;
        curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &code);
        const std::string error =
            reason(message->easy_handle, result, transfer.handle_->error.data());
        transfer.cancel();
        // Who wanted no more of the body has what it wanted.
        const bool is_answer = result == CURLE_OK || result == CURLE_WRITE_ERROR;
        transfer.listener_.on_end(is_answer ? code : 0, is_answer ? "" : error, now);
    }
}

base::Result<void> HttpTransfer::begin() {
    TRY_DO(client_.open());
    if (!handle_) {
        handle_ = std::make_unique<Handle>();
        if (handle_->easy == nullptr) return base::failure("set up a request", "out of memory");
    }
    CURL* easy = handle_->easy;
    handle_->error.fill('\0');
    curl_easy_reset(easy);
    curl_easy_setopt(easy, CURLOPT_URL, request_.url.c_str());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_USERAGENT, fmt::format("tandem/{}", base::version).c_str());
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, handle_->error.data());
    curl_easy_setopt(easy, CURLOPT_PRIVATE, this);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &listener_);
    // What is asked is whether a new client would be served.
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    // The environment has no say.
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    // A thread that looks up a name is left alone, instead of being waited for.
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    const long verify = request_.certificate == Certificate::verified ? 1L : 0L;
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, verify);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2 * verify);
    if (!request_.socket.empty())
        curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, request_.socket.c_str());
    if (curl_multi_add_handle(client_.multi_->multi, easy) != CURLM_OK)
        return base::failure("begin a request");
    is_running_ = true;
    return {};
}

void HttpTransfer::cancel() {
    if (!is_running_) return;
    is_running_ = false;
    curl_multi_remove_handle(client_.multi_->multi, handle_->easy);
}

HttpProgress HttpTransfer::progress() const {
    if (!handle_) return HttpProgress::resolving;
    const auto is_past = [this](CURLINFO stage) {
        curl_off_t microseconds = 0;
        curl_easy_getinfo(handle_->easy, stage, &microseconds);
        return microseconds > 0;
    };
    if (is_past(CURLINFO_STARTTRANSFER_TIME_T)) return HttpProgress::receiving;
    if (is_past(CURLINFO_PRETRANSFER_TIME_T)) return HttpProgress::waiting;
    return is_past(CURLINFO_NAMELOOKUP_TIME_T) ? HttpProgress::connecting : HttpProgress::resolving;
}

}  // namespace health
