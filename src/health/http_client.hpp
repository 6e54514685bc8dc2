// Requests over HTTP and HTTPS, many at a time, none of which blocks.
//
// libcurl behind one .cpp. Names are looked up by libcurl's own threads; an address needs none.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "health/probe.hpp"

namespace health {

enum class Certificate : std::uint8_t { verified, ignored };

struct HttpRequest {
    std::string url;
    std::string socket{};  // the path of a Unix socket to ask on; empty: the URL says where
    Certificate certificate = Certificate::verified;
};

// "http://unix:/run/app.sock:/health" asks on a socket; any other URL is what it says. Pure.
HttpRequest http_request(const std::string& url, Certificate certificate);

// Is told of one request.
class HttpListener {
public:
    enum class Go : std::uint8_t { on, away };  // whether more of the body is wanted
    virtual ~HttpListener() = default;
    virtual Go on_body(std::string_view piece) = 0;
    // `code` is 0 when there was no answer, and then `error` says why.
    virtual void on_end(long code, const std::string& error, base::Instant now) = 0;
};

// How far a request has come.
enum class HttpProgress : std::uint8_t { resolving, connecting, waiting, receiving };

class HttpClient;

class HttpTransfer {
public:
    // `listener` must outlive it.
    HttpTransfer(HttpClient& client, HttpRequest request, HttpListener& listener);
    ~HttpTransfer();
    HttpTransfer(const HttpTransfer&) = delete;
    HttpTransfer& operator=(const HttpTransfer&) = delete;

    base::Result<void> begin();
    void cancel();
    [[nodiscard]] HttpProgress progress() const;

private:
    friend class HttpClient;
    struct Handle;
    HttpClient& client_;
    HttpRequest request_;
    HttpListener& listener_;
    std::unique_ptr<Handle> handle_;
    bool is_running_ = false;
};

class HttpClient final : public Reader {
public:
    explicit HttpClient(Waker& waker);
    ~HttpClient() override;

    void on_ready(int descriptor, base::Instant now) override;

private:
    friend class HttpTransfer;
    struct Multi;
    base::Result<void> open();
    void tell_ended(base::Instant now);

    Waker& waker_;
    base::Fd timer_;
    std::unique_ptr<Multi> multi_;
};

}  // namespace health
