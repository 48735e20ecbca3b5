"""Makes docs/openapi.json: the endpoint in the words of OpenAPI 3.2, the first that has words for a stream.

``python docs/openapi.py`` runs it. What a question may have is told by the code that reads it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import desiru_notebook
from desiru_notebook.frontends.server.extension import PATH, DesiruExtension
from desiru_notebook.frontends.server.questions import LONGEST_SIGNATURE, SETTINGS

PAGE = Path(__file__).with_name("openapi.json")
STREAM = "Deltas; then a Result or a Failure; then `[DONE]`. Comments between them are signs of life."
REFUSALS = {
    400: "The question cannot be read, or its inputs are not those of its signature.",
    403: "Nobody has logged in, the page's token is missing, the server's authorizer refuses, or the model is not allowed.",
    413: "The body is too long.",
    429: "Too many runs of this user are going on.",
    500: "The model that the server's owner has named cannot be made.",
}
LIMITS = {"temperature": {"type": "number", "minimum": 0}, "max_tokens": {"type": "integer", "minimum": 1}}
EXAMPLE = {"signature": "question -> reasoning, answer", "inputs": {"question": "Why is the sky blue?"}}
TEXT, OBJECT = {"type": "string"}, {"type": "object"}


def main() -> None:
    """Write the file."""
    PAGE.write_text(json.dumps(document(), indent=2) + "\n", encoding="utf-8")


def document() -> dict[str, Any]:
    """The whole description."""
    return {
        "openapi": "3.2.0",
        "info": {"title": "desiru_notebook", "version": desiru_notebook.__version__, "description": "See endpoint.md."},
        "paths": {f"/{PATH}": {"post": post(), "get": get()}},
        "components": {
            "schemas": {
                "Question": question(),
                "Delta": delta(),
                "Result": result(),
                "Failure": failure(),
                "Refusal": refusal(),
            },
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "The server's token."}},
        },
        "security": [{"token": []}],
    }


def post() -> dict[str, Any]:
    body = {"required": True, "content": {"application/json": {"schema": reference("Question"), "example": EXAMPLE}}}
    summary = "Ask, and hear the answer as it comes"
    return {"operationId": "ask", "summary": summary, "requestBody": body, "responses": responses(*REFUSALS)}


def get() -> dict[str, Any]:
    """The same in an address."""
    fields = question()["properties"]
    required = question()["required"]
    parameters = [
        {"name": name, "in": "query", "required": name in required, **place(name, schema)} for name, schema in fields.items()
    ]
    summary = "The same for clients that can only GET, and send the token"
    statuses = [status for status in REFUSALS if status != 413]
    return {"operationId": "askByAddress", "summary": summary, "parameters": parameters, "responses": responses(*statuses)}


def place(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Where a parameter has its schema: an object stands in the address as JSON."""
    told = {"schema": schema} | ({"example": EXAMPLE[name]} if name in EXAMPLE else {})
    return {"content": {"application/json": told}} if schema["type"] == "object" else told


def responses(*refused: int) -> dict[str, Any]:
    events = [event("message", "Delta"), event("result", "Result"), event("error", "Failure"), data({"const": "[DONE]"})]
    stream = {"description": STREAM, "content": {"text/event-stream": {"itemSchema": {"anyOf": events}}}}
    refusals = {
        str(status): {"description": REFUSALS[status], "content": {"application/json": {"schema": reference("Refusal")}}}
        for status in refused
    }
    return {"200": stream} | refusals


def event(name: str, schema: str) -> dict[str, Any]:
    """A server-sent event of this name, whose data is JSON."""
    inside = TEXT | {"contentMediaType": "application/json", "contentSchema": reference(schema)}
    return data(inside, event={"const": name})


def data(inside: dict[str, Any], **more: dict[str, Any]) -> dict[str, Any]:
    return OBJECT | {"properties": {"data": inside, **more}, "required": ["data"]}


def question() -> dict[str, Any]:
    size = DesiruExtension.max_body.default_value
    properties = {
        "signature": TEXT
        | {"maxLength": LONGEST_SIGNATURE, "description": "What goes in and comes out: `question -> answer`."},
        "inputs": OBJECT | {"description": "A value for each input of the signature, and no other."},
        "model": TEXT | {"description": "One of those that the server's owner allows; he has chosen one for who names none."},
        "settings": closed({name: LIMITS[name] for name in SETTINGS}),
    }
    return closed(properties, "signature", "inputs") | {
        "description": f"At most {size:,} bytes, if the owner says nothing else."
    }


def delta() -> dict[str, Any]:
    properties = {"type": TEXT | {"description": "The field's name, or `thinking`."}, "content": TEXT}
    return closed(properties, *properties)


def result() -> dict[str, Any]:
    properties = {
        "prediction": OBJECT | {"description": "The fields and their values, in the types of the signature."},
        "complete": {"type": "boolean", "description": "Whether every field is there and the model was not cut short."},
        "missing": {"type": "array", "items": TEXT},
        "thinking": TEXT | {"description": "Native reasoning that had no field `reasoning` to go to."},
        "stats": OBJECT | {"description": "Tokens, seconds, the model."},
    }
    return closed(properties, *properties)


def failure() -> dict[str, Any]:
    properties = {"type": TEXT, "message": TEXT, "partial": OBJECT | {"description": "What the model had said."}}
    return closed(properties, *properties)


def refusal() -> dict[str, Any]:
    return closed({"type": TEXT, "message": TEXT}, "type", "message")


def closed(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    """An object that has these properties and no other."""
    return OBJECT | {"properties": properties, "required": list(required), "additionalProperties": False}


def reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


if __name__ == "__main__":
    main()
