import assert from 'node:assert/strict';
import { ApiError, GoogleGenAI } from '@google/genai';
import { GATEWAY, headers, run } from './cross.mjs';

const toAnswer = (parts, last) => {
  const texts = (thought) => parts.filter((p) => p.text && !!p.thought === thought).map((p) => p.text).join('');
  return {
    text: texts(false),
    thought: texts(true),
    calls: parts.filter((p) => p.functionCall).map(({ functionCall: { id, name, args } }) => ({ id, name, args })),
    finish: last.candidates[0].finishReason,
    usage: [last.usageMetadata.promptTokenCount, last.usageMetadata.candidatesTokenCount],
  };
};

class Talk {
  constructor(client, model, { tools, schema, think }) {
    this.client = client;
    this.body = { model, contents: [], config: {} };
    if (tools) {
      const functionDeclarations = tools.map(({ parameters, ...tool }) => ({ ...tool, parametersJsonSchema: parameters }));
      this.body.config.tools = [{ functionDeclarations }];
    }
    if (schema) Object.assign(this.body.config, { responseMimeType: 'application/json', responseJsonSchema: schema });
    if (think) this.body.config.thinkingConfig = { includeThoughts: true };
  }

  hear(parts) {
    this.body.contents.push({ role: 'user', parts });
  }

  took(parts, last) {
    this.body.contents.push({ role: 'model', parts });
    return toAnswer(parts, last);
  }

  async ask() {
    const answer = await this.client.models.generateContent(this.body);
    return this.took(answer.candidates[0].content.parts, answer);
  }

  async say(words, image) {
    const parts = [{ text: words }];
    if (image) parts.push({ inlineData: { mimeType: 'image/png', data: image } });
    this.hear(parts);
    return this.ask();
  }

  async results(texts, calls) {
    this.hear(calls.map(({ id, name }, i) => ({ functionResponse: { id, name, response: { output: texts[i] } } })));
    return this.ask();
  }

  async *stream(words, signal) {
    this.hear([{ text: words }]);
    const body = { ...this.body, config: { ...this.body.config, abortSignal: signal } };
    const parts = [];
    let last;
    for await (const chunk of await this.client.models.generateContentStream(body)) {
      last = chunk;
      for (const part of chunk.candidates?.[0]?.content?.parts ?? []) {
        parts.push(part);
        if (part.text && !part.thought) yield part.text;
      }
    }
    return this.took(parts, last);
  }
}

// The SDK has one class for all errors of the API.
const isStatus = (status) => (err) => {
  assert.ok(err instanceof ApiError, err.constructor.name);
  assert.ok([status].flat().includes(err.status), `status ${err.status}`);
};

run({
  name: 'genai-node',
  dialect: 'gemini',
  finish: { stop: 'STOP', calls: 'STOP' },
  client: (target) =>
    new GoogleGenAI({ apiKey: target.key, httpOptions: { baseUrl: GATEWAY, headers: headers(target) } }),
  talk: (client, model, options) => new Talk(client, model, options),
  rateLimited: isStatus(429),
  badKey: isStatus([400, 401]), // Google itself answers 400
});
