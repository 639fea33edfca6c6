"""The cloud function: a prompt comes in by GET or POST, the model's answer goes out as JSON.

Written for an AWS Lambda function URL (payload format 2.0); the handler is `app.handler`.

    GET  /?prompt=The gradient                 200  {"model": ..., "prompt": ..., "response": ...}
    POST /  {"prompt": "The gradient"}         200  the same
    anything that goes wrong                   500  {"error": ...}
"""

import base64
import json

from model import NAME, Trigrams

MODEL = Trigrams.from_file()  # once per container: later calls find it ready
MAX_PROMPT = 500


def handler(event, context):
    try:
        prompt = prompt_of(event)
        return answer(200, {"model": NAME, "prompt": prompt, "response": MODEL.answer(prompt)})
    except Exception as error:
        return answer(500, {"error": str(error)})


def prompt_of(event):
    """The prompt of a request; ValueError where there is none."""
    method = event["requestContext"]["http"]["method"]
    if method == "GET":
        prompt = (event.get("queryStringParameters") or {}).get("prompt", "")
    elif method == "POST":
        body = event.get("body") or ""
        if event.get("isBase64Encoded"):
            body = base64.b64decode(body)
        prompt = json.loads(body).get("prompt", "")
    else:
        raise ValueError(f"{method} is not answered: use GET or POST")
    if not isinstance(prompt, str) or not prompt.strip():
        raise ValueError("give a prompt: GET /?prompt=... or POST {\"prompt\": \"...\"}")
    return prompt.strip()[:MAX_PROMPT]


def answer(status, fields):
    headers = {"content-type": "application/json; charset=utf-8"}
    return {"statusCode": status, "headers": headers, "body": json.dumps(fields, ensure_ascii=False)}
