import assert from 'node:assert/strict';
import Anthropic, { AuthenticationError, RateLimitError } from '@anthropic-ai/sdk';
import { GATEWAY, headers, run } from './cross.mjs';

const toAnswer = (message) => {
  const of = (type) => message.content.filter((block) => block.type === type);
  return {
    text: of('text').map((block) => block.text).join(''),
    thought: of('thinking').map((block) => block.thinking).join(''),
    calls: of('tool_use').map(({ id, name, input }) => ({ id, name, args: input })),
    finish: message.stop_reason,
    usage: [message.usage.input_tokens, message.usage.output_tokens],
  };
};

class Talk {
  constructor(client, model, { tools, schema, think }) {
    this.client = client;
    this.body = { model, max_tokens: 4096, messages: [] };
    if (tools) this.body.tools = tools.map(({ parameters, ...tool }) => ({ ...tool, input_schema: parameters }));
    if (schema) this.body.output_config = { format: { type: 'json_schema', schema } };
    if (think) this.body.thinking = { type: 'enabled', budget_tokens: 1024 };
  }

  hear(content) {
    this.body.messages.push({ role: 'user', content });
  }

  took(message) {
    this.body.messages.push({ role: 'assistant', content: message.content });
    return toAnswer(message);
  }

  async say(words, image) {
    const source = { type: 'base64', media_type: 'image/png', data: image };
    this.hear(image ? [{ type: 'text', text: words }, { type: 'image', source }] : words);
    return this.took(await this.client.messages.create(this.body));
  }

  async results(texts, calls) {
    this.hear(calls.map((call, i) => ({ type: 'tool_result', tool_use_id: call.id, content: texts[i] })));
    return this.took(await this.client.messages.create(this.body));
  }

  async *stream(words, signal) {
    this.hear(words);
    const stream = this.client.messages.stream(this.body, { signal });
    for await (const event of stream) if (event.delta?.type === 'text_delta') yield event.delta.text;
    return this.took(await stream.finalMessage());
  }
}

run({
  name: 'anthropic-node',
  dialect: 'anthropic',
  finish: { stop: 'end_turn', calls: 'tool_use' },
  client: (target) =>
    new Anthropic({ apiKey: target.key, baseURL: GATEWAY, defaultHeaders: headers(target), maxRetries: 0 }),
  talk: (client, model, options) => new Talk(client, model, options),
  rateLimited: (err) => assert.ok(err instanceof RateLimitError, err.constructor.name),
  badKey: (err) => assert.ok(err instanceof AuthenticationError, err.constructor.name),
});
