import { Portkey } from 'portkey-ai';
import { GATEWAY, MOCK, run } from './scenarios.mjs';

run({
  name: 'portkey-node',
  client({ key = 'sk-e2e', base = `${GATEWAY}/v1`, config } = {}) {
    const target = config ? { config } : { provider: 'openai', customHost: `${MOCK}/v1`, Authorization: key };
    return new Portkey({ baseURL: base, ...target });
  },
  // The SDK does not export its error classes.
  errors: { 401: 'AuthenticationError', 404: 'NotFoundError', 429: 'RateLimitError' },
  async optionIndex(call) {
    const answer = await call;
    return [answer, answer.getHeaders()['last-used-option-index']];
  },
  // No signal reaches its fetch: leaving the loop over a stream closes the socket.
  create: (client, body) => client.chat.completions.create(body),
  cannot: ['abort_waiting'],
});
