import unittest

import portkey_ai
from portkey_ai._vendor import openai  # the errors it raises are those of its own copy

from scenarios import GATEWAY, MOCK, Scenarios


class Portkey(Scenarios, unittest.TestCase):
    name = "portkey-python"
    errors = {401: openai.AuthenticationError, 404: openai.NotFoundError, 429: openai.RateLimitError}
    timeout = openai.APITimeoutError
    repeats = 1  # not to be set from outside
    # It asks for base64, as its copy of openai does, but does not decode it.
    embedding_options = {"encoding_format": "float"}

    def client(self, key="sk-e2e", base=GATEWAY + "/v1", config=None):
        target = {"provider": "openai", "custom_host": MOCK + "/v1", "Authorization": key}
        if config:
            target = {"config": config}
        return portkey_ai.Portkey(base_url=base, **target)

    def option_index(self, client, **body):
        answer = client.chat.completions.create(**body)
        return answer, answer.get_headers().get("last-used-option-index")
