"""The scenarios of ../scenarios.md for Python SDKs.

An SDK is a subclass of Scenarios and unittest.TestCase with
    name
    client(key=..., base=..., config=...)  a client without retries of its own
    errors                                 {401: class, 404: class, 429: class}
    timeout                                the class of its timeout error
    option_index(client, **body)           (answer, x-portkey-last-used-option-index)
and, where it differs from the others,
    repeats                                how often it repeats what timed out
    embedding_options                      what it needs to give numbers
"""

import json
import os
import time
import urllib.request
from datetime import datetime


def need(name):
    if not os.environ.get(name):
        raise SystemExit(f'set {name}, or run "go test ./..." in test/e2e')
    return os.environ[name]


GATEWAY = need("GATEWAY")
MOCK = need("MOCK")
MODEL = "gpt-4o-mini"

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


def sentence(words):
    return f"You said: {words} - and this is the mock provider answering."


def ask(content, **more):
    return {"model": MODEL, "messages": [{"role": "user", "content": content}], **more}


def seen(words):
    """What the provider received with these words in the body."""
    with urllib.request.urlopen(f"{MOCK}/_mock/requests") as answer:
        return [r for r in json.load(answer) if words in r["body"]]


class Scenarios:
    repeats = 0
    embedding_options = {}

    def test_chat(self):
        words = f"hi from {self.name}"
        answer = self.client().chat.completions.create(**ask(words))
        self.assertEqual(answer.choices[0].message.content, sentence(words))
        self.assertEqual(answer.choices[0].finish_reason, "stop")
        usage = answer.usage
        self.assertGreater(usage.prompt_tokens, 0)
        self.assertGreater(usage.completion_tokens, 0)
        self.assertEqual(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens)
        requests = seen(words)
        self.assertEqual(len(requests), 1, "one question, one call")
        self.assertEqual(requests[0]["headers"]["Authorization"], ["Bearer sk-e2e"])
        leaked = [name for name in requests[0]["headers"] if name.lower().startswith("x-portkey-")]
        self.assertEqual(leaked, [])

    def test_stream(self):
        words = f"hi again from {self.name}"
        body = ask(words, stream=True, stream_options={"include_usage": True})
        chunks = list(self.client().chat.completions.create(**body))
        choices = [choice for chunk in chunks for choice in chunk.choices]
        self.assertEqual("".join(c.delta.content or "" for c in choices), sentence(words))
        self.assertGreater(len(chunks), 5)
        self.assertEqual([c.finish_reason for c in choices if c.finish_reason], ["stop"])
        self.assertEqual(list(chunks[-1].choices), [])
        usage = chunks[-1].usage
        self.assertEqual(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens)

    def test_tools(self):
        client = self.client()
        body = ask(f"what is the weather, {self.name}?", tools=[WEATHER])
        first = client.chat.completions.create(**body).choices[0]
        self.assertEqual(first.finish_reason, "tool_calls")
        call = first.message.tool_calls[0]
        self.assertEqual(call.function.name, "get_weather")
        self.assertEqual(json.loads(call.function.arguments), {"city": "example city"})
        body["messages"] += [
            first.message.model_dump(exclude_none=True),
            {"role": "tool", "tool_call_id": call.id, "content": "21 degrees"},
        ]
        second = client.chat.completions.create(**body).choices[0]
        self.assertEqual(second.message.content, "The tool says: 21 degrees")

    def test_embeddings(self):
        texts = [f"one text of {self.name}", "another"]
        options = {"model": "text-embedding-3-small", "dimensions": 8, **self.embedding_options}
        answer = self.client().embeddings.create(input=texts, **options)
        vectors = [d.embedding for d in answer.data]
        self.assertEqual([len(v) for v in vectors], [8, 8])
        for vector in vectors:
            self.assertAlmostEqual(sum(x * x for x in vector), 1, places=5)
        self.assertNotEqual(vectors[0], vectors[1])

    def test_error_401(self):
        self.fails_with(401, "Incorrect API key provided", self.client(key="bad-key"), ask("hi"))

    def test_error_404(self):
        body = ask("hi") | {"model": "no-such-model"}
        self.fails_with(404, "`no-such-model` does not exist", self.client(), body)

    def test_error_429(self):
        self.fails_with(429, "Rate limit reached", self.client(), ask(f"error 429 for {self.name}"))

    def fails_with(self, status, words, client, body):
        with self.assertRaises(self.errors[status]) as caught:
            client.chat.completions.create(**body)
        self.assertEqual(caught.exception.status_code, status)
        self.assertIn(words, str(caught.exception))

    def test_fallback(self):
        words = f"please fall back for {self.name}"
        targets = [
            {"provider": "openai", "api_key": key, "custom_host": f"{MOCK}/v1"} for key in ("sk-first", "sk-second")
        ]
        targets[0]["override_params"] = {"model": "mock-error-500"}
        config = {"strategy": {"mode": "fallback"}, "targets": targets}
        answer, index = self.option_index(self.client(config=config), **ask(words))
        self.assertEqual(answer.choices[0].message.content, sentence(words))
        self.assertEqual(index, "config.targets[1]")
        calls = [(json.loads(r["body"])["model"], r["headers"]["Authorization"][0]) for r in seen(words)]
        self.assertEqual(calls, [("mock-error-500", "Bearer sk-first"), (MODEL, "Bearer sk-second")])

    def test_base_without_v1(self):
        words = f"hi without a version from {self.name}"
        answer = self.client(base=GATEWAY).chat.completions.create(**ask(words))
        self.assertEqual(answer.choices[0].message.content, sentence(words))

    def test_abort_stream(self):
        words = f"long 500 drip 50ms for {self.name}"
        stream = self.client().chat.completions.create(**ask(words, stream=True))
        for _ in range(2):
            self.assertEqual(next(stream).object, "chat.completion.chunk")
        left = time.time()
        stream.close()
        self.canceled_soon(words, left)

    def test_abort_waiting(self):
        words = f"hang for {self.name}"
        with self.assertRaises(self.timeout):
            self.client().chat.completions.create(**ask(words), timeout=0.5)
        self.canceled_soon(words, time.time(), 1 + self.repeats)

    def canceled_soon(self, words, left, calls=1):
        """Waits until the provider has seen the client leave."""
        while True:
            requests = seen(words)
            if requests and all(r["outcome"] == "canceled" for r in requests):
                break
            if time.time() > left + 3:
                break
            time.sleep(0.02)
        outcomes = [r["outcome"] for r in requests]
        self.assertEqual(outcomes, ["canceled"] * calls, "the provider never saw the client leave")
        took = datetime.fromisoformat(requests[-1]["end"]).timestamp() - left
        self.assertLessEqual(took, 1, "seconds until the provider saw it")
