import assert from 'node:assert/strict';
import OpenAI, { AuthenticationError, RateLimitError } from 'openai';
import { GATEWAY, headers, run } from './cross.mjs';

const toAnswer = ({ message, finish_reason }, usage) => ({
  text: message.content ?? '',
  thought: message.reasoning_content ?? '',
  calls: (message.tool_calls ?? []).map((c) => ({ id: c.id, name: c.function.name, args: JSON.parse(c.function.arguments) })),
  finish: finish_reason,
  usage: [usage.prompt_tokens, usage.completion_tokens],
});

// add folds a delta into a message. Content blocks, in which Portkey's clients
// get reasoning with its proof, come as { index, delta }.
function add(message, delta) {
  for (const [name, value] of Object.entries(delta)) {
    if (name === 'content' || name === 'reasoning_content' || name === 'arguments') message[name] = (message[name] ?? '') + (value ?? '');
    else if (name === 'tool_calls' || name === 'content_blocks') {
      message[name] ??= [];
      for (const { index, ...one } of value) {
        if (name === 'tool_calls') add((message[name][index] ??= {}), one);
        else addBlock((message[name][index] ??= {}), one.delta);
      }
    } else if (name === 'function') add((message.function ??= {}), value);
    else if (value !== null && value !== undefined) message[name] = value;
  }
}

function addBlock(block, delta) {
  for (const [name, value] of Object.entries(delta)) block[name] = name === 'type' ? value : (block[name] ?? '') + value;
  block.type ??= { thinking: 'thinking', signature: 'thinking', data: 'redacted_thinking', text: 'text' }[Object.keys(delta)[0]];
}

class Talk {
  constructor(client, model, { tools, schema, think }) {
    this.client = client;
    this.body = { model, messages: [] };
    if (tools) this.body.tools = tools.map((f) => ({ type: 'function', function: f }));
    if (schema) this.body.response_format = { type: 'json_schema', json_schema: { name: 'city', strict: true, schema } };
    if (think) this.body.reasoning_effort = 'low';
  }

  async ask() {
    const answer = await this.client.chat.completions.create(this.body);
    this.body.messages.push(answer.choices[0].message);
    return toAnswer(answer.choices[0], answer.usage);
  }

  say(words, image) {
    const url = `data:image/png;base64,${image}`;
    const content = image ? [{ type: 'text', text: words }, { type: 'image_url', image_url: { url } }] : words;
    this.body.messages.push({ role: 'user', content });
    return this.ask();
  }

  results(texts, calls) {
    this.body.messages.push(...calls.map((call, i) => ({ role: 'tool', tool_call_id: call.id, content: texts[i] })));
    return this.ask();
  }

  async *stream(words, signal) {
    this.body.messages.push({ role: 'user', content: words });
    const body = { ...this.body, stream: true, stream_options: { include_usage: true } };
    const message = {};
    let finish;
    let usage;
    for await (const chunk of await this.client.chat.completions.create(body, { signal })) {
      usage = chunk.usage ?? usage;
      for (const { delta, finish_reason } of chunk.choices) {
        add(message, delta);
        finish = finish_reason ?? finish;
        if (delta.content) yield delta.content;
      }
    }
    if (signal?.aborted) return undefined; // the SDK ends the loop without an error
    this.body.messages.push(message);
    return toAnswer({ message, finish_reason: finish }, usage);
  }
}

run({
  name: 'openai-chat-node',
  dialect: 'chat',
  finish: { stop: 'stop', calls: 'tool_calls' },
  client: (target, options) =>
    new OpenAI({ apiKey: target.key, baseURL: `${GATEWAY}/v1`, defaultHeaders: headers(target, options), maxRetries: 0 }),
  talk: (client, model, options) => new Talk(client, model, options),
  rateLimited: (err) => assert.ok(err instanceof RateLimitError, err.constructor.name),
  badKey: (err) => assert.ok(err instanceof AuthenticationError, err.constructor.name),
});
