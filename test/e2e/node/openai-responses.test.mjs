import assert from 'node:assert/strict';
import OpenAI, { AuthenticationError, RateLimitError } from 'openai';
import { GATEWAY, headers, run } from './cross.mjs';

const toAnswer = (response) => {
  const of = (type) => response.output.filter((item) => item.type === type);
  const calls = of('function_call').map((c) => ({ id: c.call_id, name: c.name, args: JSON.parse(c.arguments) }));
  return {
    text: of('message').flatMap((m) => m.content).map((part) => part.text).join(''),
    thought: of('reasoning').flatMap((r) => r.summary).map((part) => part.text).join(''),
    calls,
    finish: response.status,
    usage: [response.usage.input_tokens, response.usage.output_tokens],
  };
};

// Talk keeps the history itself, as clients without a store do.
class Talk {
  constructor(client, model, { tools, schema, think }) {
    this.client = client;
    this.body = { model, input: [], store: false };
    if (tools) this.body.tools = tools.map((f) => ({ type: 'function', strict: true, ...f }));
    if (schema) this.body.text = { format: { type: 'json_schema', name: 'city', strict: true, schema } };
    if (think) Object.assign(this.body, { reasoning: { effort: 'low', summary: 'auto' }, include: ['reasoning.encrypted_content'] });
  }

  took(response) {
    this.body.input.push(...response.output);
    return toAnswer(response);
  }

  async say(words, image) {
    const picture = { type: 'input_image', detail: 'auto', image_url: `data:image/png;base64,${image}` };
    this.body.input.push({ role: 'user', content: image ? [{ type: 'input_text', text: words }, picture] : words });
    return this.took(await this.client.responses.create(this.body));
  }

  async results(texts, calls) {
    this.body.input.push(...calls.map((call, i) => ({ type: 'function_call_output', call_id: call.id, output: texts[i] })));
    return this.took(await this.client.responses.create(this.body));
  }

  async *stream(words, signal) {
    this.body.input.push({ role: 'user', content: words });
    let response;
    let sequence = -1;
    for await (const event of await this.client.responses.create({ ...this.body, stream: true }, { signal })) {
      assert.ok(event.sequence_number > sequence, `${event.type} has number ${event.sequence_number} after ${sequence}`);
      sequence = event.sequence_number;
      if (event.type === 'response.output_text.delta') yield event.delta;
      if (event.type === 'response.completed') response = event.response;
    }
    if (signal?.aborted) return undefined; // the SDK ends the loop without an error
    return this.took(response);
  }
}

run({
  name: 'openai-responses-node',
  dialect: 'responses',
  finish: { stop: 'completed', calls: 'completed' },
  client: (target) =>
    new OpenAI({ apiKey: target.key, baseURL: `${GATEWAY}/v1`, defaultHeaders: headers(target), maxRetries: 0 }),
  talk: (client, model, options) => new Talk(client, model, options),
  rateLimited: (err) => assert.ok(err instanceof RateLimitError, err.constructor.name),
  badKey: (err) => assert.ok(err instanceof AuthenticationError, err.constructor.name),
});
