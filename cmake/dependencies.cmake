# SPDX-License-Identifier: MIT

# What the library needs. A target that the host project has already defined always wins.

set(MOVIO_EXHIBITOR_DEPENDENCIES CURL::libcurl nlohmann_json::nlohmann_json Threads::Threads)

find_package(Threads REQUIRED)

if(NOT TARGET CURL::libcurl)
  find_package(CURL 7.70 QUIET)
  if(NOT TARGET CURL::libcurl)
    message(
      FATAL_ERROR
        "movio_exhibitor needs libcurl 7.70 or newer with its headers, and it was not found. Install it with one of\n"
        "  Debian, Ubuntu:  apt-get install libcurl4-openssl-dev\n"
        "  Fedora, RHEL:    dnf install libcurl-devel\n"
        "  Alpine:          apk add curl-dev\n"
        "  macOS:           brew install curl, then -DCMAKE_PREFIX_PATH=\"$(brew --prefix curl)\"\n"
        "or define the target CURL::libcurl before adding movio_exhibitor.")
  endif()
endif()

if(NOT TARGET nlohmann_json::nlohmann_json)
  find_package(nlohmann_json 3.9.1 QUIET)
  if(NOT TARGET nlohmann_json::nlohmann_json)
    include(FetchContent)
    message(STATUS "movio_exhibitor: nlohmann_json was not found, fetching its release 3.11.3")
    # Installed together with us, because what we install needs it; and never the reason for a host's warnings.
    set(JSON_Install ${MOVIO_EXHIBITOR_INSTALL})
    set(JSON_SystemInclude ON)
    FetchContent_Declare(
      nlohmann_json
      URL "https://github.com/nlohmann/json/releases/download/v3.11.3/json.tar.xz"
      URL_HASH "SHA256=d6c65aca6b1ed68e7a182f4757257b107ae403032760ed6ef121c9d55e81757d")
    FetchContent_MakeAvailable(nlohmann_json)
  endif()
endif()
