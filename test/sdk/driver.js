'use strict';

// Performs calls with Alibaba Cloud's official SDK: one call per line of
// standard input, its outcome as one line of standard output, both JSON. The
// tests in C++ decide what is called and what should come of it.
//
// A call:
//   client   the SDK's configuration: endpoint, accessKeyId, ...
//   action   for example "CreateForwardEntry"
//   request  its parameters, by the API's names
//   headers, queries   put in place of what the SDK would send
//   params   what the SDK's model of the action says, to be changed: method,
//            version, authType. The action need not exist then.
//
// An outcome: {ok: true, status, headers, body, raw, mistyped}, where `body` is
// what the SDK's model of the answer holds, `raw` what came, and `mistyped`
// names members whose type is not the model's; or {ok: false, kind, code,
// status, message, requestId, retryAfter, data}.

const readline = require('node:readline');

const {Config, OpenApiRequest, Params} = require('@alicloud/openapi-client');
const vpc = require('@alicloud/vpc20160428');

const clients = new Map();

function clientOf(config) {
  const key = JSON.stringify(config);
  if (!clients.has(key)) {
    const client = new vpc.default(new Config(config));
    // What an answer was before it became a model.
    const callApi = client.callApi.bind(client);
    client.callApi = async (...call) => {
      const answer = await callApi(...call);
      client.raw = answer.body;
      return answer;
    };
    clients.set(key, client);
  }
  return clients.get(key);
}

function modelOf(action, request) {
  const model = new vpc[`${action}Request`]({});
  const names = Object.entries(model.constructor.names());
  for (const [wire, value] of Object.entries(request)) {
    const own = names.find(([, name]) => name === wire);
    if (!own) throw new Error(`the SDK's ${action} has no ${wire}`);
    model[own[0]] = value;
  }
  return model;
}

// The paths of values that are not of the type that the model declares: the
// SDK itself takes anything.
function mistyped(value, type, path = '') {
  if (value === undefined) return [];
  if (typeof type === 'function' && type.names) {
    const names = type.names();
    const types = type.types();
    return Object.keys(names).flatMap(
        (own) => mistyped(value[own], types[own], `${path}/${names[own]}`));
  }
  if (type.type === 'array')
    return value.flatMap((one) => mistyped(one, type.itemType, path));
  return typeof value === type ? [] : [path];
}

async function perform({client: config, action, request, ...call}) {
  const client = clientOf(config);
  const runtime = {
    extendsParameters: {headers: call.headers, queries: call.queries},
  };
  if (call.params) {
    const params = new Params({
      action, version: '2016-04-28', protocol: 'HTTP', pathname: '/',
      method: 'POST', authType: 'AK', style: 'RPC', reqBodyType: 'formData',
      bodyType: 'json', ...call.params,
    });
    const answer
        = await client.callApi(params, new OpenApiRequest({query: request}),
            runtime);
    return {status: answer.statusCode, raw: answer.body};
  }
  const method = action[0].toLowerCase() + action.slice(1) + 'WithOptions';
  const answer = await client[method](modelOf(action, request), runtime);
  return {
    status: answer.statusCode, headers: answer.headers,
    body: answer.body.toMap(), raw: client.raw,
    mistyped: mistyped(answer.body, answer.body.constructor),
  };
}

async function outcomeOf(line) {
  try {
    return {ok: true, ...await perform(JSON.parse(line))};
  } catch (error) {
    const {name, code, statusCode, message, requestId, retryAfter, data}
        = error;
    return {
      ok: false, kind: name, code, status: statusCode, message, requestId,
      retryAfter, data,
    };
  }
}

async function main() {
  for await (const line of readline.createInterface({input: process.stdin}))
    process.stdout.write(JSON.stringify(await outcomeOf(line)) + '\n');
  // Connections that are kept alive would keep us, too.
  process.exit(0);
}

main();
