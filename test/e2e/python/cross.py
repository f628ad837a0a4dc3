"""The scenarios "across dialects" of ../scenarios.md for Python SDKs.

An SDK is a subclass of Cross, of which tests() makes a TestCase. It has
    name, dialect    the provider dialect that is its own
    finish           what it calls the ends: {"stop": ..., "calls": ...}
    errors           {400: class, 401: class, 429: class, "stream": class}
    hides            what the SDK has no place for: {"thought", "proof", "usage"}
    talk(target, tools=None, schema=None, think=False)
                     a conversation with
        say(words, image=None), results(texts, calls)   an Answer
        stream(words)                                   yields pieces of text; then .last is an Answer
        close()                                         leaves a stream
"""

import json
import re
import time
import unittest
from dataclasses import dataclass, field
from datetime import datetime

from scenarios import GATEWAY, MOCK, seen, sentence

TARGETS = {
    "chat": {"provider": "cerebras", "host": f"{MOCK}/v1", "model": "gpt-oss-120b"},
    "responses": {"provider": "openai", "host": f"{MOCK}/v1", "model": "gpt-5", "proof": r'"encrypted_content": ?"bW9ja'},
    "anthropic": {
        "provider": "anthropic", "host": f"{MOCK}/v1", "model": "claude-sonnet-4-5", "proof": r'"signature": ?"bW9ja',
    },
    "gemini": {
        "provider": "google", "host": MOCK, "model": "gemini-3-flash-preview", "proof": r'"thoughtSignature": ?"bW9ja',
    },
}  # fmt: skip

SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
WEATHER = {"name": "get_weather", "description": "The weather of a city", "parameters": SCHEMA}
TIME = {"name": "get_time", "description": "The time in a city", "parameters": SCHEMA}
# A PNG of one transparent pixel, of 70 bytes.
PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


@dataclass
class Answer:
    text: str
    finish: str
    thought: str = ""
    calls: list = field(default_factory=list)  # of (id, name, args)
    usage: tuple = (0, 0)


def headers(target, think=False):
    """Choose the provider; OpenAI's chat format has a place for reasoning only when it need not be strict."""
    lenient = {"x-portkey-strict-open-ai-compliance": "false"} if think else {}
    return {"x-portkey-provider": target["provider"], "x-portkey-custom-host": target["host"], **lenient}


class Cross:
    hides = frozenset()

    def chat(self, target):
        words = f"hi from {self.name} to {target['name']}"
        answer = self.talk(target).say(words)
        self.assertEqual(answer.text, sentence(words))
        self.assertEqual(answer.finish, self.finish["stop"])
        self.assertTrue(min(answer.usage) > 0, answer.usage)
        requests = seen(words)
        self.assertEqual(len(requests), 1, "one question, one call")
        self.assertIn("sk-e2e", json.dumps(requests[0]["headers"]))
        leaked = [name for name in requests[0]["headers"] if name.lower().startswith("x-portkey-")]
        self.assertEqual(leaked, [])

    def stream(self, target):
        words = f"hi again from {self.name} to {target['name']}"
        talk = self.talk(target)
        pieces = list(talk.stream(words))
        self.assertEqual("".join(pieces), sentence(words))
        self.assertGreater(len(pieces), 5)
        self.assertEqual(talk.last.text, sentence(words))
        self.assertEqual(talk.last.finish, self.finish["stop"])
        self.assertTrue(min(talk.last.usage) > 0, talk.last.usage)

    def tools(self, target):
        talk = self.talk(target, tools=[WEATHER, TIME])
        first = talk.say(f"use your tools, {self.name}, on {target['name']}")
        self.assertEqual(first.finish, self.finish["calls"])
        self.both_called(talk, first)

    def tools_stream(self, target):
        talk = self.talk(target, tools=[WEATHER, TIME])
        list(talk.stream(f"stream your tools, {self.name}, on {target['name']}"))
        self.both_called(talk, talk.last)

    def both_called(self, talk, first):
        city = {"city": "example city"}
        self.assertEqual([call[1:] for call in first.calls], [("get_weather", city), ("get_time", city)])
        second = talk.results(["21 degrees", "noon"], first.calls)
        self.assertEqual(second.text, "The tool says: 21 degrees; noon")
        self.assertEqual(second.finish, self.finish["stop"])

    def image(self, target):
        words = f"look at this, {self.name} on {target['name']}"
        answer = self.talk(target).say(words, PIXEL)
        self.assertEqual(answer.text, f"{sentence(words)} It sees image/png of 70 bytes.")

    def structured(self, target):
        answer = self.talk(target, schema=SCHEMA).say(f"a city for {self.name} on {target['name']}")
        self.assertEqual(json.loads(answer.text), {"city": "example city"})

    def think(self, target):
        words = f"think about a tool, {self.name}, on {target['name']}"
        talk = self.talk(target, tools=[WEATHER], think=True)
        self.thought_over(target, words, talk, talk.say(words))

    def think_stream(self, target):
        words = f"think about a tool in a stream, {self.name}, on {target['name']}"
        talk = self.talk(target, tools=[WEATHER], think=True)
        list(talk.stream(words))
        self.thought_over(target, words, talk, talk.last)

    def thought_over(self, target, words, talk, first):
        """The reasoning is shown, and its proof is with the provider again in the second turn."""
        self.assertEqual([call[1] for call in first.calls], ["get_weather"])
        if "thought" not in self.hides:
            self.assertEqual(first.thought, f"The user said: {words} - I have to think about that.")
        self.assertEqual(talk.results(["21 degrees"], first.calls).text, "The tool says: 21 degrees")
        sent = seen(words)[-1]["body"]
        if "proof" in target and "proof" not in self.hides:
            self.assertTrue(re.search(target["proof"], sent), "the proof of the reasoning did not come back")

    def error_429(self, target):
        self.fails(429, r"(?i)rate limit|quota", target, f"error 429 for {self.name} from {target['name']}")

    def error_401(self, target):
        status = 400 if target["name"] == "gemini" else 401  # Google's own status passes
        self.fails(status, r"(?i)api[ -]key", target | {"key": "bad-key"}, "hi")

    def fails(self, status, words, target, question):
        with self.assertRaisesRegex(self.errors[status], words):
            self.talk(target).say(question)

    def error_stream(self, target):
        self.breaks("error in stream", target)

    def cut_stream(self, target):
        self.breaks("cut long 50", target)

    def breaks(self, what, target):
        """A stream that fails must not look like one that ended."""
        with self.assertRaises(self.errors["stream"]):
            list(self.talk(target).stream(f"{what} for {self.name} on {target['name']}"))

    def abort(self, target):
        words = f"long 500 drip 50ms for {self.name} on {target['name']}"
        talk = self.talk(target)
        pieces = talk.stream(words)
        for _ in range(2):
            next(pieces)
        left = time.time()
        pieces.close()
        requests = []
        while time.time() < left + 3:
            requests = seen(words)
            if requests and requests[0]["outcome"] == "canceled":
                break
            time.sleep(0.02)
        self.assertEqual([r["outcome"] for r in requests], ["canceled"], "the provider never saw the client leave")
        self.assertLessEqual(datetime.fromisoformat(requests[0]["end"]).timestamp() - left, 1)


SCENARIOS = [
    "chat", "stream", "tools", "tools_stream", "image", "structured", "think", "think_stream",
    "error_429", "error_401", "error_stream", "cut_stream", "abort",
]  # fmt: skip


def tests(sdk):
    """A TestCase with a test of each scenario with each dialect. Nobody has to speak the Responses
    API to a provider but its own clients: no provider has only it."""
    members = {}
    for dialect, target in TARGETS.items():
        if dialect == "responses" and sdk.dialect != "responses":
            continue
        for scenario in SCENARIOS:
            whole = {"name": dialect, "key": "sk-e2e"} | target
            members[f"test_{scenario}_{dialect}"] = lambda self, scenario=scenario, whole=whole: getattr(self, scenario)(whole)
    return type(sdk.__name__, (sdk, unittest.TestCase), members)


__all__ = ["GATEWAY", "Answer", "Cross", "headers", "tests"]
