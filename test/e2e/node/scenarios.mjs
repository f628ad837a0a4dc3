// The scenarios of ../scenarios.md for Node SDKs. An SDK is described by
//   name
//   client({ key, base, config })  a client without retries of its own
//   errors                         { 401, 404, 429 }: class or class name of the typed errors
//   optionIndex(call)              awaits a call; [answer, x-portkey-last-used-option-index]
//   create(client, body, signal)   a chat completion, cancelled by the signal
//   cannot                         scenarios it has no means for
import assert from 'node:assert/strict';
import { test } from 'node:test';

export const GATEWAY = need('GATEWAY');
export const MOCK = need('MOCK');
export const model = 'gpt-4o-mini';

function need(name) {
  if (!process.env[name]) throw new Error(`set ${name}, or run "go test ./..." in test/e2e`);
  return process.env[name];
}

const sentence = (words) => `You said: ${words} - and this is the mock provider answering.`;
const ask = (content, more = {}) => ({ model, messages: [{ role: 'user', content }], ...more });

// seen is what the provider received with these words in the body.
async function seen(words) {
  const all = await (await fetch(`${MOCK}/_mock/requests`)).json();
  return all.filter((r) => r.body.includes(words));
}

// canceledSoon waits until the provider has seen the client leave.
async function canceledSoon(words, left) {
  let requests = [];
  while (Date.now() - left < 3000) {
    requests = await seen(words);
    if (requests.length > 0 && requests.every((r) => r.outcome === 'canceled')) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.deepEqual(requests.map((r) => r.outcome), ['canceled'], 'the provider never saw the client leave');
  const took = Date.parse(requests[0].end) - left;
  assert.ok(took <= 1000, `the provider saw it after ${took} ms`);
}

async function failsWith(sdk, status, call, words) {
  await assert.rejects(call, (err) => {
    assert.equal(err.status, status);
    const expected = sdk.errors[status];
    assert.equal(err.constructor.name, typeof expected === 'string' ? expected : expected.name);
    if (typeof expected !== 'string') assert.ok(err instanceof expected);
    assert.match(err.message, words);
    return true;
  });
}

const weather = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'The weather of a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
};

const scenarios = {
  async chat(sdk) {
    const words = `hi from ${sdk.name}`;
    const answer = await sdk.client().chat.completions.create(ask(words));
    assert.equal(answer.choices[0].message.content, sentence(words));
    assert.equal(answer.choices[0].finish_reason, 'stop');
    const { prompt_tokens, completion_tokens, total_tokens } = answer.usage;
    assert.ok(prompt_tokens > 0 && completion_tokens > 0);
    assert.equal(total_tokens, prompt_tokens + completion_tokens);
    const [request, ...more] = await seen(words);
    assert.equal(more.length, 0, 'one question, one call');
    assert.deepEqual(request.headers.Authorization, ['Bearer sk-e2e']);
    const leaked = Object.keys(request.headers).filter((name) => name.toLowerCase().startsWith('x-portkey-'));
    assert.deepEqual(leaked, []);
  },

  async stream(sdk) {
    const words = `hi again from ${sdk.name}`;
    const stream = await sdk.client().chat.completions.create(
      ask(words, { stream: true, stream_options: { include_usage: true } }),
    );
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    const choices = chunks.flatMap((c) => c.choices);
    assert.equal(choices.map((c) => c.delta.content ?? '').join(''), sentence(words));
    assert.ok(chunks.length > 5, `${chunks.length} chunks`);
    assert.deepEqual(choices.map((c) => c.finish_reason).filter(Boolean), ['stop']);
    const last = chunks.at(-1);
    assert.deepEqual(last.choices, []);
    assert.equal(last.usage.total_tokens, last.usage.prompt_tokens + last.usage.completion_tokens);
  },

  async tools(sdk) {
    const client = sdk.client();
    const body = ask(`what is the weather, ${sdk.name}?`, { tools: [weather] });
    const first = (await client.chat.completions.create(body)).choices[0];
    assert.equal(first.finish_reason, 'tool_calls');
    const [call] = first.message.tool_calls;
    assert.equal(call.function.name, 'get_weather');
    assert.deepEqual(JSON.parse(call.function.arguments), { city: 'example city' });
    body.messages.push(first.message, { role: 'tool', tool_call_id: call.id, content: '21 degrees' });
    const second = (await client.chat.completions.create(body)).choices[0];
    assert.equal(second.message.content, 'The tool says: 21 degrees');
  },

  async embeddings(sdk) {
    const input = [`one text of ${sdk.name}`, 'another'];
    const answer = await sdk.client().embeddings.create({ model: 'text-embedding-3-small', input, dimensions: 8 });
    const vectors = answer.data.map((d) => d.embedding);
    assert.equal(vectors.length, 2);
    for (const vector of vectors) {
      assert.equal(vector.length, 8);
      const square = vector.reduce((sum, x) => sum + x * x, 0);
      assert.ok(Math.abs(square - 1) < 1e-5, `the square of its length is ${square}`);
    }
    assert.notDeepEqual(vectors[0], vectors[1]);
  },

  async error_401(sdk) {
    await failsWith(sdk, 401, sdk.client({ key: 'bad-key' }).chat.completions.create(ask('hi')), /Incorrect API key provided/);
  },

  async error_404(sdk) {
    await failsWith(sdk, 404, sdk.client().chat.completions.create(ask('hi', { model: 'no-such-model' })), /`no-such-model` does not exist/);
  },

  async error_429(sdk) {
    await failsWith(sdk, 429, sdk.client().chat.completions.create(ask(`error 429 for ${sdk.name}`)), /Rate limit reached/);
  },

  async fallback(sdk) {
    const words = `please fall back for ${sdk.name}`;
    const target = (key) => ({ provider: 'openai', api_key: key, custom_host: `${MOCK}/v1` });
    const config = {
      strategy: { mode: 'fallback' },
      targets: [{ ...target('sk-first'), override_params: { model: 'mock-error-500' } }, target('sk-second')],
    };
    const [answer, index] = await sdk.optionIndex(sdk.client({ config }).chat.completions.create(ask(words)));
    assert.equal(answer.choices[0].message.content, sentence(words));
    assert.equal(index, 'config.targets[1]');
    const calls = (await seen(words)).map((r) => [JSON.parse(r.body).model, r.headers.Authorization[0]]);
    assert.deepEqual(calls, [['mock-error-500', 'Bearer sk-first'], [model, 'Bearer sk-second']]);
  },

  async base_without_v1(sdk) {
    const words = `hi without a version from ${sdk.name}`;
    const answer = await sdk.client({ base: GATEWAY }).chat.completions.create(ask(words));
    assert.equal(answer.choices[0].message.content, sentence(words));
  },

  async abort_stream(sdk) {
    const words = `long 500 drip 50ms for ${sdk.name}`;
    const controller = new AbortController();
    const stream = await sdk.create(sdk.client(), ask(words, { stream: true }), controller.signal);
    let chunks = 0;
    let left = 0;
    try {
      for await (const chunk of stream) {
        assert.equal(chunk.object, 'chat.completion.chunk');
        if (++chunks === 2) {
          left = Date.now();
          controller.abort();
          break; // what users of an SDK without signals do
        }
      }
    } catch (err) {
      assert.match(err.constructor.name, /Abort/);
    }
    assert.equal(chunks, 2);
    await canceledSoon(words, left);
  },

  async abort_waiting(sdk) {
    const words = `hang for ${sdk.name}`;
    const controller = new AbortController();
    const call = sdk.create(sdk.client(), ask(words), controller.signal);
    while ((await seen(words)).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    const left = Date.now();
    controller.abort();
    await assert.rejects(call, /abort/i);
    await canceledSoon(words, left);
  },
};

// run makes a test of each scenario.
export function run(sdk) {
  for (const [name, scenario] of Object.entries(scenarios)) {
    if (!sdk.cannot?.includes(name)) test(name, { timeout: 20_000 }, () => scenario(sdk));
  }
}
