"""Call the function every three minutes, GET and POST in turn, and log what the model answers."""

import argparse
import json
import logging
import time
import urllib.error
import urllib.parse
import urllib.request

PROMPTS = ["The gradient", "A convolution", "A small learning", "The first request"]

log = logging.getLogger("scheduler")


def call(url, prompt, method):
    """(status, the answer's fields)"""
    if method == "GET":
        request = urllib.request.Request(f"{url}?{urllib.parse.urlencode({'prompt': prompt})}")
    else:
        body = json.dumps({"prompt": prompt}).encode("utf-8")
        request = urllib.request.Request(url, data=body, headers={"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def run(url, every_seconds, times):
    for number in range(times):
        method, prompt = ("GET", "POST")[number % 2], PROMPTS[number % len(PROMPTS)]
        began = time.monotonic()
        status, fields = call(url, prompt, method)
        took = 1000 * (time.monotonic() - began)
        log.info("call %d: %s prompt=%r -> %d in %.0f ms", number + 1, method, prompt, status, took)
        for name, value in fields.items():
            log.info("    %s: %s", name, value)
        if number + 1 < times:
            log.info("next call in %d s", every_seconds)
            time.sleep(max(0, every_seconds - (time.monotonic() - began)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8000/", help="the function's URL")
    parser.add_argument("--every", type=int, default=180, help="seconds from call to call")
    parser.add_argument("--times", type=int, default=480, help="how many calls; 480 are a day")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s  %(message)s")
    log.info("calling %s every %d s", options.url, options.every)
    run(options.url, options.every, options.times)
