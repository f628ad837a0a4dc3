import OpenAI, { AuthenticationError, NotFoundError, RateLimitError } from 'openai';
import { GATEWAY, MOCK, run } from './scenarios.mjs';

run({
  name: 'openai-node',
  client({ key = 'sk-e2e', base = `${GATEWAY}/v1`, config } = {}) {
    const headers = config
      ? { 'x-portkey-config': JSON.stringify(config) }
      : { 'x-portkey-provider': 'openai', 'x-portkey-custom-host': `${MOCK}/v1` };
    return new OpenAI({ apiKey: key, baseURL: base, defaultHeaders: headers, maxRetries: 0 });
  },
  errors: { 401: AuthenticationError, 404: NotFoundError, 429: RateLimitError },
  async optionIndex(call) {
    const { data, response } = await call.withResponse();
    return [data, response.headers.get('x-portkey-last-used-option-index')];
  },
  create: (client, body, signal) => client.chat.completions.create(body, { signal }),
});
