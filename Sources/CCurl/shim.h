#ifndef CHAINRULE_CCURL_H
#define CHAINRULE_CCURL_H

#include <curl/curl.h>

/* Swift can't call variadic functions. */

static inline CURLcode chainrule_curl_long(CURL *handle, CURLoption option, long value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode chainrule_curl_text(CURL *handle, CURLoption option, const char *value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode chainrule_curl_pointer(CURL *handle, CURLoption option, void *value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode chainrule_curl_size(CURL *handle, CURLoption option, curl_off_t value) {
  return curl_easy_setopt(handle, option, value);
}

typedef size_t (*chainrule_curl_data)(char *bytes, size_t size, size_t count, void *context);

/// For CURLOPT_WRITEFUNCTION, CURLOPT_HEADERFUNCTION and CURLOPT_READFUNCTION.
static inline CURLcode chainrule_curl_callback(CURL *handle, CURLoption option,
                                               chainrule_curl_data function) {
  return curl_easy_setopt(handle, option, function);
}

/// For CURLOPT_XFERINFOFUNCTION.
static inline CURLcode chainrule_curl_progress(CURL *handle, curl_xferinfo_callback function) {
  return curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, function);
}

/// The status of the last answer, or 0.
static inline long chainrule_curl_status(CURL *handle) {
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  return status;
}

#endif
