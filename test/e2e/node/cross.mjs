// The scenarios "across dialects" of ../scenarios.md for Node SDKs. An SDK is
// described by
//   name
//   dialect          the provider dialect that is its own
//   client(target, options)
//                    a client without retries of its own; target is one of
//                    targets with its key: { provider, host, model, key };
//                    options: { tools, schema, think }
//   talk(client, model, options)
//                    a conversation. It has
//     say(words, image?)    } an answer { text, thought, calls: [{ id, name,
//     results(texts, calls) } args }], finish, usage: [in, out] }
//     stream(words, signal) yields pieces of text; its return value is an
//                           answer, which the conversation goes on from
//   finish           what it calls the ends { stop, calls }
//   rateLimited(err) asserts its error for status 429, badKey(err) for 401
//   hides            what the SDK has no place for: ['thought']
import assert from 'node:assert/strict';
import { test } from 'node:test';

export const GATEWAY = need('GATEWAY');
const MOCK = need('MOCK');

function need(name) {
  if (!process.env[name]) throw new Error(`set ${name}, or run "go test ./..." in test/e2e`);
  return process.env[name];
}

// targets are a provider for each dialect. The proofs are what such a provider
// wants back, as it is spelled in a request.
const targets = {
  chat: { provider: 'cerebras', host: `${MOCK}/v1`, model: 'gpt-oss-120b' },
  responses: { provider: 'openai', host: `${MOCK}/v1`, model: 'gpt-5', proof: /"encrypted_content": ?"bW9ja/, path: /\/responses$/ },
  anthropic: { provider: 'anthropic', host: `${MOCK}/v1`, model: 'claude-sonnet-4-5', proof: /"signature": ?"bW9ja/, path: /\/messages$/ },
  gemini: { provider: 'google', host: MOCK, model: 'gemini-3-flash-preview', proof: /"thoughtSignature": ?"bW9ja/, path: /enerateContent$/ },
};

// headers choose the provider. OpenAI's chat format has a place for reasoning
// only when it need not be OpenAI's to the letter.
export const headers = (target, { think } = {}) => ({
  'x-portkey-provider': target.provider,
  'x-portkey-custom-host': target.host,
  ...(think && { 'x-portkey-strict-open-ai-compliance': 'false' }),
});

const sentence = (words) => `You said: ${words} - and this is the mock provider answering.`;

export const weather = {
  name: 'get_weather',
  description: 'The weather of a city',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false },
};
export const time = {
  name: 'get_time',
  description: 'The time in a city',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false },
};
export const city = weather.parameters; // structured output of the same shape

// pixel is a PNG of one transparent pixel, of 70 bytes.
export const pixel =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';

async function seen(words) {
  const all = await (await fetch(`${MOCK}/_mock/requests`)).json();
  return all.filter((r) => r.body.includes(words));
}

async function canceledSoon(words, left) {
  let requests = [];
  while (Date.now() - left < 3000) {
    requests = await seen(words);
    if (requests.length > 0 && requests.every((r) => r.outcome === 'canceled')) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.deepEqual(requests.map((r) => r.outcome), ['canceled'], 'the provider never saw the client leave');
  assert.ok(Date.parse(requests[0].end) - left <= 1000, 'the provider saw it too late');
}

// drain reads a stream to its end: the pieces and the answer.
async function drain(stream) {
  const pieces = [];
  for (;;) {
    const { value, done } = await stream.next();
    if (done) return [pieces, value];
    pieces.push(value);
  }
}

function adds(usage) {
  assert.ok(usage[0] > 0 && usage[1] > 0, `usage ${usage}`);
}

const scenarios = {
  async chat(sdk, target) {
    const words = `hi from ${sdk.name} to ${target.name}`;
    const answer = await sdk.talk(sdk.client(target), target.model, {}).say(words);
    assert.equal(answer.text, sentence(words));
    assert.equal(answer.finish, sdk.finish.stop);
    adds(answer.usage);
    const requests = await seen(words);
    assert.equal(requests.length, 1, 'one question, one call');
    if (target.path) assert.match(requests[0].path, target.path);
    assert.ok(JSON.stringify(requests[0].headers).includes('sk-e2e'), 'the provider got the key');
    assert.deepEqual(Object.keys(requests[0].headers).filter((name) => /^x-portkey-/i.test(name)), []);
  },

  async stream(sdk, target) {
    const words = `hi again from ${sdk.name} to ${target.name}`;
    const [pieces, answer] = await drain(sdk.talk(sdk.client(target), target.model, {}).stream(words));
    assert.equal(pieces.join(''), sentence(words));
    assert.ok(pieces.length > 5, `${pieces.length} pieces`);
    assert.equal(answer.text, sentence(words));
    assert.equal(answer.finish, sdk.finish.stop);
    adds(answer.usage);
  },

  async tools(sdk, target) {
    const talk = sdk.talk(sdk.client(target), target.model, { tools: [weather, time] });
    const first = await talk.say(`use your tools, ${sdk.name}, on ${target.name}`);
    assert.equal(first.finish, sdk.finish.calls);
    assert.deepEqual(first.calls.map((c) => c.name), ['get_weather', 'get_time']);
    for (const call of first.calls) assert.deepEqual(call.args, { city: 'example city' });
    const second = await talk.results(['21 degrees', 'noon'], first.calls);
    assert.equal(second.text, 'The tool says: 21 degrees; noon');
    assert.equal(second.finish, sdk.finish.stop);
  },

  async tools_stream(sdk, target) {
    const talk = sdk.talk(sdk.client(target), target.model, { tools: [weather, time] });
    const [, first] = await drain(talk.stream(`stream your tools, ${sdk.name}, on ${target.name}`));
    assert.deepEqual(first.calls.map((c) => [c.name, c.args]), [
      ['get_weather', { city: 'example city' }],
      ['get_time', { city: 'example city' }],
    ]);
    assert.equal((await talk.results(['21 degrees', 'noon'], first.calls)).text, 'The tool says: 21 degrees; noon');
  },

  async image(sdk, target) {
    const words = `look at this, ${sdk.name} on ${target.name}`;
    const answer = await sdk.talk(sdk.client(target), target.model, {}).say(words, pixel);
    assert.equal(answer.text, `${sentence(words)} It sees image/png of 70 bytes.`);
  },

  async structured(sdk, target) {
    const answer = await sdk.talk(sdk.client(target), target.model, { schema: city }).say(`a city for ${sdk.name} on ${target.name}`);
    assert.deepEqual(JSON.parse(answer.text), { city: 'example city' });
  },

  async think(sdk, target) {
    await thinks(sdk, target, `think about a tool, ${sdk.name}, on ${target.name}`, async (talk, words) => talk.say(words));
  },

  async think_stream(sdk, target) {
    const words = `think about a tool in a stream, ${sdk.name}, on ${target.name}`;
    await thinks(sdk, target, words, async (talk, said) => (await drain(talk.stream(said)))[1]);
  },

  async error_429(sdk, target) {
    const talk = sdk.talk(sdk.client(target), target.model, {});
    await assert.rejects(talk.say(`error 429 for ${sdk.name} from ${target.name}`), (err) => {
      sdk.rateLimited(err);
      assert.match(err.message, /rate limit|quota/i);
      return true;
    });
  },

  async error_401(sdk, target) {
    const talk = sdk.talk(sdk.client({ ...target, key: 'bad-key' }), target.model, {});
    await assert.rejects(talk.say('hi'), (err) => {
      if (target.name === 'gemini') assert.equal(err.status, 400); // Google's own status passes
      else sdk.badKey(err);
      assert.match(err.message, /api[ -]key/i);
      return true;
    });
  },

  async error_stream(sdk, target) {
    await breaks(sdk, target, 'error in stream');
  },

  async cut_stream(sdk, target) {
    await breaks(sdk, target, 'cut long 50');
  },

  async abort(sdk, target) {
    const words = `long 500 drip 50ms for ${sdk.name} on ${target.name}`;
    const controller = new AbortController();
    const stream = sdk.talk(sdk.client(target), target.model, {}).stream(words, controller.signal);
    for (let i = 0; i < 2; i++) assert.equal((await stream.next()).done, false);
    const left = Date.now();
    controller.abort();
    await drain(stream).catch((err) => assert.match(`${err.constructor.name} ${err.name} ${err.message}`, /abort/i));
    await canceledSoon(words, left);
  },
};

// thinks: the reasoning is shown, and its proof is with the provider again in
// the second turn, which it would refuse otherwise.
async function thinks(sdk, target, words, ask) {
  const options = { tools: [weather], think: true };
  const talk = sdk.talk(sdk.client(target, options), target.model, options);
  const first = await ask(talk, words);
  assert.deepEqual(first.calls.map((c) => c.name), ['get_weather']);
  if (!sdk.hides?.includes('thought')) assert.equal(first.thought, `The user said: ${words} - I have to think about that.`);
  const second = await talk.results(['21 degrees'], first.calls);
  assert.equal(second.text, 'The tool says: 21 degrees');
  const sent = (await seen(words)).at(-1).body;
  if (target.proof) assert.match(sent, target.proof, 'the proof of the reasoning did not come back');
}

// breaks: a stream that fails must not look like one that ended.
async function breaks(sdk, target, what) {
  const stream = sdk.talk(sdk.client(target), target.model, {}).stream(`${what} for ${sdk.name} on ${target.name}`);
  await assert.rejects(drain(stream), (err) => {
    assert.ok(!(err instanceof TypeError), `not an error of the SDK: ${err.stack}`);
    return true;
  });
}

// run makes a test of each scenario with each dialect. Nobody has to speak
// the Responses API to a provider but its own clients: no provider has only it.
export function run(sdk) {
  for (const [dialect, target] of Object.entries(targets)) {
    if (dialect === 'responses' && sdk.dialect !== 'responses') continue;
    for (const [name, scenario] of Object.entries(scenarios)) {
      const whole = { name: dialect, key: 'sk-e2e', ...target };
      test(`${name}_${dialect}`, { timeout: 20_000 }, () => scenario(sdk, whole));
    }
  }
}
