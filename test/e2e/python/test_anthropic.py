import anthropic

from cross import GATEWAY, Answer, Cross, headers, tests


def to_answer(message):
    def of(kind):
        return [block for block in message.content if block.type == kind]

    return Answer(
        text="".join(block.text for block in of("text")),
        thought="".join(block.thinking for block in of("thinking")),
        calls=[(block.id, block.name, block.input) for block in of("tool_use")],
        finish=message.stop_reason,
        usage=(message.usage.input_tokens, message.usage.output_tokens),
    )


class Talk:
    def __init__(self, client, model, tools, schema, think):
        self.client = client
        self.body = {"model": model, "max_tokens": 4096, "messages": []}
        if tools:
            self.body["tools"] = [
                {"name": t["name"], "description": t["description"], "input_schema": t["parameters"]} for t in tools
            ]
        if schema:
            self.body["output_config"] = {"format": {"type": "json_schema", "schema": schema}}
        if think:
            self.body["thinking"] = {"type": "enabled", "budget_tokens": 1024}

    def hear(self, content):
        self.body["messages"].append({"role": "user", "content": content})

    def took(self, message):
        self.body["messages"].append({"role": "assistant", "content": message.content})
        self.last = to_answer(message)
        return self.last

    def say(self, words, image=None):
        source = {"type": "base64", "media_type": "image/png", "data": image}
        self.hear([{"type": "text", "text": words}, {"type": "image", "source": source}] if image else words)
        return self.took(self.client.messages.create(**self.body))

    def results(self, texts, calls):
        self.hear(
            [{"type": "tool_result", "tool_use_id": c[0], "content": text} for c, text in zip(calls, texts, strict=True)]
        )
        return self.took(self.client.messages.create(**self.body))

    def stream(self, words):
        self.hear(words)
        with self.client.messages.stream(**self.body) as stream:
            yield from stream.text_stream
            self.took(stream.get_final_message())


class Anthropic(Cross):
    name = "anthropic-python"
    dialect = "anthropic"
    finish = {"stop": "end_turn", "calls": "tool_use"}
    errors = {400: anthropic.BadRequestError, 401: anthropic.AuthenticationError, 429: anthropic.RateLimitError, "stream": anthropic.APIError}

    def talk(self, target, tools=None, schema=None, think=False):
        client = anthropic.Anthropic(
            api_key=target["key"], base_url=GATEWAY, default_headers=headers(target), max_retries=0
        )
        self.addCleanup(client.close)
        return Talk(client, target["model"], tools, schema, think)


AnthropicPython = tests(Anthropic)
del Anthropic
