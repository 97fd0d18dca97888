// Runs the official SDK for sdk_test: node driver.js MODULES API_HOST APPLICATION KEY_FILE
//
// Each line of stdin is {"on", "method", "arguments"}; on is "voice", "ncco" (the argument is turned
// into the SDK's own actions), or "jwt". Each is answered by a line: {"result"} or {"error", "status"}.
// The SDK is as it comes from npm. It downloads from hosts of its vendor only, so one such name leads
// to this machine, as a resolver of one's own would do.
'use strict';
const { createRequire } = require('module');
const dns = require('dns');
const path = require('path');
const readline = require('readline');

const [modules, apiHost, applicationId, keyFile] = process.argv.slice(2);
const load = createRequire(path.join(modules, 'package.json'));
const { Vonage } = load('@vonage/server-sdk');
const { verifySignature } = load('@vonage/jwt');
const { NCCOBuilder, Talk, Stream, Wait } = load('@vonage/voice');

const lookup = dns.lookup;
dns.lookup = (name, options, done) =>
	lookup(name === 'nccod.vonage.com' ? '127.0.0.1' : name, options, done);

const vonage = new Vonage({ applicationId, privateKey: keyFile }, { apiHost });

const actions = {
	talk: (a) => new Talk(a.text),
	stream: (a) => new Stream(a.streamUrl[0]),
	wait: (a) => new Wait(a.timeout),
};

function built(list) {
	const builder = new NCCOBuilder();
	for (const action of list)
		builder.addAction(actions[action.action](action));
	return builder.build();
}

async function all(rows) {
	const list = [];
	for await (const row of rows)
		list.push(row);
	return list;
}

async function run({ on, method, arguments: given }) {
	if (on === 'jwt')
		return verifySignature(...given);
	if (method === 'transferCallWithNCCO')
		given[1] = built(given[1]);
	if (given[0] && given[0].ncco)
		given[0].ncco = built(given[0].ncco);
	for (const time of ['dateStart', 'dateEnd'])
		if (given[0] && given[0][time])
			given[0][time] = new Date(given[0][time]).toISOString();
	const result = vonage.voice[method](...given);
	return method === 'getAllCalls' ? all(result) : await result;
}

const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(vonage.voice))
	.filter((name) => name !== 'constructor');
console.log(JSON.stringify({ result: methods }));

(async () => {
	for await (const line of readline.createInterface({ input: process.stdin })) {
		let answer;
		try {
			answer = { result: await run(JSON.parse(line)) };
		} catch (error) {
			answer = {
				error: String(error),
				status: error.response ? error.response.status : undefined,
			};
		}
		console.log(JSON.stringify(answer));
	}
})();
