/*
 * relay_run.mjs URL ERA UPSTREAM - a client of ERA, legacy or modern, at a gateway with the one upstream, legacy or modern, named UPSTREAM;
 * what the upstream received is in the file $UPSTREAM_LOG. Answers, cancellations and every other round go to $ELSEWHERE. Of the
 * keys, all with that upstream, $HELD_KEY needs a person's approval for each call. See relay.sh.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { check, is, like, part } from './checks.mjs';
import { LegacyClient, ModernClient, answerTo } from './relay_client.mjs';

const [url, era, upstream] = process.argv.slice(2);
const { ELSEWHERE: elsewhere, ENFORGATE_KEY: key, OTHER_KEY: otherKey, HELD_KEY: heldKey, UPSTREAM_LOG: log, CTL: ctl } = process.env;
const ALL = { sampling: {}, elicitation: { form: {}, url: {} }, roots: {} };
const legacy = era === 'legacy';
const say = (words) => `${era} client, ${upstream} upstream: ${words}`;
const tool = (name) => `${upstream}__${name}`;
const words = ({ response }) => (response?.result?.content ?? []).map(({ text }) => text).join(' ') || JSON.stringify(response ?? 'no response');
const record = () => readFileSync(log, 'utf8').trim().split('\n').map((line) => JSON.parse(line));
const connect = (capabilities, withKey = key) =>
	(legacy ? new LegacyClient(url, withKey, capabilities, elsewhere).connect() : new ModernClient(url, withKey, capabilities, elsewhere));
const enforgatectl = (...args) => execFileSync(ctl, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
const increasing = (values) => values.length > 1 && values.every((value, i) => i === 0 || value > values[i - 1]);
const until = async (holds) => {
	for (let i = 0; i < 60 && !holds(); i++)
		await sleep(50);
	return holds();
};

const client = await connect(ALL);

await part(say('a call'), async () => {
	like(say('a call'), words(await client.call(tool('test_simple_text'))), /simple text/);
	const { response } = await client.call(tool('test_error_handling'));
	is(say('an error of a tool'), [response.result.isError, response.result.resultType], [true, legacy ? undefined : 'complete']);
	const links = await client.call(tool('test_links'));
	is(say('URIs in a result'), links.response.result.content.map((c) => c.uri ?? c.resource.uri), Array(2).fill(`${upstream}+test://static-text`));
});

await part(say('progress'), async () => {
	const { heard, response } = await client.call(tool('test_slow'), { seconds: 0.4, steps: 4 }, { token: 'mine' });
	const told = heard.filter(({ method }) => method === 'notifications/progress').map(({ params }) => params);
	check(say('progress moves on'), increasing(told.map(({ progress }) => progress)), JSON.stringify(heard));
	check(say('progress under the token of the client'), told.every(({ progressToken }) => progressToken === 'mine'), JSON.stringify(told));
	check(say('then the answer'), response !== undefined);
	const without = await client.call(tool('test_slow'), { seconds: 0.1, steps: 2 });
	is(say('no progress without a token'), without.heard, []);
});

await part(say('log messages'), async () => {
	if (legacy)
		await client.request('logging/setLevel', { level: 'error' });
	const { heard } = await client.call(tool('test_logging_tool'), {}, { level: 'error' });
	is(say('log messages from the level on'), heard.map(({ params }) => params.level), ['error', 'critical', 'alert', 'emergency']);
	check(say('loggers are named by their upstream'), heard.every(({ params }) => params.logger.startsWith(upstream)), JSON.stringify(heard[0]));
	if (!legacy)
		is(say('no log messages unless asked for'), (await client.call(tool('test_logging_tool'))).heard, []);
});

const questions = {
	test_elicitation: ['elicitation/create'], test_sampling: ['sampling/createMessage'], test_roots: ['roots/list'],
	test_input_required_result_multiple_inputs: ['elicitation/create', 'roots/list', 'sampling/createMessage'],
	test_input_required_result_multi_round: ['elicitation/create', 'elicitation/create'],
};
for (const [name, methods] of Object.entries(questions))
	await part(say(name), async () => {
		client.asked.length = 0;
		const answer = await client.call(tool(name), { message: 'who?', prompt: 'say' });
		is(say(`${name}: what is asked`), [...client.asked].sort(), methods);
		like(say(`${name}: the answers arrive`), words(answer), /my |sampled words|roots\/one/);
	});
await part(say('rounds'), async () => {
	like(say('five questions one after the other'), words(await client.call(tool('test_many_rounds'), { rounds: 5 })), /heard (my answer(, )?){5}/);
	if (upstream === 'modern')
		like(say('rounds without a question'), words(await client.call(tool('test_request_state_only'), { rounds: 3 })), /came 3 times/);
});

await part(say('what is no tool'), async () => {
	const { response: read } = await client.request('resources/read', { uri: `${upstream}+test://static-text` });
	is(say('a resource under the name it was asked by'), read.result.contents[0].uri, `${upstream}+test://static-text`);
	const { response: missing } = await client.request('resources/read', { uri: `${upstream}+test://nothing` });
	is(say('a resource that is not there'), missing.error.code, legacy ? -32002 : -32602);
	const { response: prompt } = await client.request('prompts/get', { name: tool('test_input_required_result_prompt') });
	like(say('a prompt that asks for something'), JSON.stringify(prompt), /In the context of my context/);
	const completing = { ref: { type: 'ref/prompt', name: tool('test_prompt_with_arguments') }, argument: { name: 'arg1', value: 'par' } };
	const { response: completed } = await client.request('completion/complete', completing);
	is(say('completion'), completed.result?.completion?.values, ['paris', 'park', 'party']);
	const { response: unknown } = await client.call(tool('test_nothing'));
	is(say('a tool that is not there'), unknown.error?.code, -32602);
});

await part(say('a client that can be asked nothing'), async () => {
	const mute = await connect({});
	const { response } = await mute.call(tool('test_elicitation'), { message: 'who?' });
	check(say('is asked nothing'), mute.asked.length === 0 && (response.error !== undefined || response.result.isError === true), JSON.stringify(response));
	if (upstream === 'modern') {
		const echoed = JSON.parse(words(await mute.call(tool('test_echo'), {})));
		is(say('the upstream sees no capability of the gateway'), echoed.capabilities, {});
	}
});
if (upstream === 'modern')
	await part(say('capabilities'), async () => {
		const echoed = JSON.parse(words(await client.call(tool('test_echo'), {})));
		is(say('the upstream sees the capabilities of the client'), Object.keys(echoed.capabilities).sort(), ['elicitation', 'roots', 'sampling']);
		like(say('the upstream is called by the gateway'), JSON.stringify(echoed.params._meta), /"name":"enforgate"/);
	});

await part(say('an answer that is an error'), async () => {
	if (!legacy)
		return;
	const refusing = await connect(ALL);
	refusing.answer = () => ({ error: { code: -1, message: 'I will not' } });
	const { response } = await refusing.call(tool('test_elicitation'), { message: 'who?' });
	check(say('a client that refuses ends the call'), response.error !== undefined || response.result.isError === true, JSON.stringify(response));
});

await part(say('an answer of another session'), async () => {
	if (!legacy)
		return;
	const other = await connect(ALL);
	const careful = await connect(ALL);
	careful.answer = () => undefined;
	const answer = await careful.call(tool('test_elicitation'), { message: 'who?' }, {
		onmessage: async ({ id, method, params }) => {
			if (method !== 'elicitation/create')
				return;
			is(say('an answer is always accepted'), await other.respond(id, { action: 'accept', content: { username: 'forged' } }), 202);
			await careful.respond(id, answerTo({ method, params }));
		},
	});
	unlikely(say('but counts in its own session only'), words(answer));
});
function unlikely(name, text) {
	check(name, /my username/.test(text) && !/forged/.test(text), text);
}

if (!legacy && upstream === 'modern')
	await part(say('tasks'), async () => {
		const able = { extensions: { 'io.modelcontextprotocol/tasks': {} } };
		const taking = await connect(able);
		const { response: { result: task } } = await taking.call(tool('slow_compute'), { seconds: 0.3, label: 'sums' });
		is(say('a call becomes a task'), [task.resultType, task.status], ['task', 'working']);
		check(say('its id names the upstream'), task.taskId.startsWith(`${upstream}__`), task.taskId);
		const other = await connect(able, otherKey);
		const stolen = await other.request('tasks/get', { taskId: task.taskId });
		is(say('it is nothing to another key'), stolen.response.error?.code, -32602);
		const forged = await taking.request('tasks/get', { taskId: task.taskId.slice(0, -1) });
		is(say('its id cannot be made up'), forged.response.error?.code, -32602);
		let got;
		for (let i = 0; i < 40 && got?.status !== 'completed'; i++) {
			await sleep(50);
			got = (await taking.request('tasks/get', { taskId: task.taskId })).response.result;
		}
		is(say('its result is in it'), [got.taskId, got.result?.content?.[0]?.text], [task.taskId, 'computed sums']);
		const asking = (await taking.call(tool('confirm_delete'), { filename: 'f' })).response.result;
		const { response: { result: waiting } } = await taking.request('tasks/get', { taskId: asking.taskId });
		const inputResponses = Object.fromEntries(Object.keys(waiting.inputRequests).map((name) => [name, { action: 'accept', content: { confirm: true } }]));
		await taking.request('tasks/update', { taskId: asking.taskId, inputResponses });
		await sleep(100);
		const after = (await taking.request('tasks/get', { taskId: asking.taskId })).response.result;
		is(say('what it asks is answered'), after.result?.content?.[0]?.text, 'deleted f');
		const long = (await taking.call(tool('slow_compute'), { seconds: 60 })).response.result;
		await taking.request('tasks/cancel', { taskId: long.taskId });
		is(say('it is cancelled'), (await taking.request('tasks/get', { taskId: long.taskId })).response.result.status, 'cancelled');
		const unable = (await client.request('tasks/get', { taskId: task.taskId })).response;
		is(say('only who declares tasks may ask'), unable.error?.code, -32021);
	});

await part(say('a call that a person lets through once'), async () => {
	const held = await connect(ALL, heldKey);
	const pending = () => JSON.parse(enforgatectl('approval', 'list', '--json')).filter(({ status, state }) => (status ?? state) === 'pending');
	const call = held.call(tool('test_input_required_result_multi_round'), { from: era }, { token: 'h' });
	check(say('the call waits for a person'), await until(() => pending().length === 1), JSON.stringify(pending()));
	enforgatectl('approval', 'approve', pending()[0].id);
	const { response, heard } = await call;
	like(say('one approval is for all rounds of the call'), words({ response }), /^my name likes my color$/);
	is(say('nobody is asked again'), pending().length, 0);
	const values = heard.filter(({ method }) => method === 'notifications/progress').map(({ params }) => params.progress);
	check(say('progress moves on from that of the wait'), values.length < 2 || increasing(values), JSON.stringify(values));
	const again = held.call(tool('test_input_required_result_multi_round'), { from: era }, { single: true, token: 'h' });
	check(say('the same call again needs an approval of its own'), await until(() => pending().length === 1), JSON.stringify(pending()));
	enforgatectl('approval', 'deny', pending()[0].id);
	is(say('which can be denied'), (await again).response?.result?.isError, true);
});

await part(say('cancellation'), async () => {
	const label = `cancelled ${era}`;
	const before = record().length;
	const begun = () => record().slice(before).some((entry) => JSON.stringify(entry).includes('test_slow'));
	const cancelled = () => record().slice(before).some(({ event }) => /cancel|abort|closed/.test(event ?? ''));
	const id = 7;
	const controller = new AbortController();
	const started = Date.now();
	const call = client.call(tool('test_slow'), { seconds: 20, steps: 200, label }, { id, token: 't', signal: controller.signal }).catch((error) => error);
	check(say('the call is under way'), await until(begun));
	if (legacy)
		await client.tell('notifications/cancelled', { requestId: id, reason: 'no more' });
	else
		controller.abort();
	const ended = await call;
	check(say('a cancelled call ends at once'), Date.now() - started < 5000, `${Date.now() - started} ms`);
	check(say('a cancelled call has no answer'), ended.response === undefined, JSON.stringify(ended.response));
	check(say('the upstream is told'), await until(cancelled), JSON.stringify(record().slice(before).map(({ event }) => event)));
	like(say('the next call works'), words(await client.call(tool('test_simple_text'))), /simple text/);
});
process.exit(0);
