import json
import unittest

import openai

from scenarios import GATEWAY, MOCK, Scenarios


class OpenAI(Scenarios, unittest.TestCase):
    name = "openai-python"
    errors = {401: openai.AuthenticationError, 404: openai.NotFoundError, 429: openai.RateLimitError}
    timeout = openai.APITimeoutError

    def client(self, key="sk-e2e", base=GATEWAY + "/v1", config=None):
        headers = {"x-portkey-provider": "openai", "x-portkey-custom-host": MOCK + "/v1"}
        if config:
            headers = {"x-portkey-config": json.dumps(config)}
        client = openai.OpenAI(api_key=key, base_url=base, default_headers=headers, max_retries=0)
        self.addCleanup(client.close)
        return client

    def option_index(self, client, **body):
        raw = client.chat.completions.with_raw_response.create(**body)
        return raw.parse(), raw.headers.get("x-portkey-last-used-option-index")
