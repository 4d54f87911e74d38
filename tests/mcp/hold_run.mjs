/*
 * hold_run.mjs URL KIND - calls that wait for a person, made by a real client with its default options (clients.mjs).
 *
 * $CASES: a JSON array of {label, key, keyName, decide, after, leave, kill}. Each case is a call of fixture__test_counter with its label, by a
 * key of its own, all at the same time. After so many seconds `enforgatectl approval approve` or `deny` is run for it ("none": nobody decides).
 * What a client is told to repeat is repeated, the same call once more, as an agent would; `leave`: after so many seconds the client
 * gives up and goes, and nobody repeats. `kill`: seconds after which a responder is killed meanwhile; the client begins again
 * then. How often it ran is for the caller to count.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { check, is, like, part } from './checks.mjs';
import { connect, words } from './clients.mjs';

const [url, kind] = process.argv.slice(2);
const { CTL, CASES, KILL } = process.env;
const REPEATS_MAX = 60;
const TOOL = 'fixture__test_counter';
const run = promisify(execFile);
const pending = (result) => Boolean(result.isError) && /Waiting for a person/.test(words(result));

async function approvals(keyName) {
	const { stdout } = await run(CTL, ['approval', 'list', '--json']);
	return JSON.parse(stdout).filter(({ key }) => key === keyName || key?.name === keyName);
}
async function firstApproval(keyName, known = []) {
	for (let tries = 0; tries < 200; tries++) {
		const found = (await approvals(keyName)).find(({ id }) => !known.includes(id));
		if (found)
			return found.id;
		await sleep(250);
	}
	throw new Error(`no approval of ${keyName} within 50 s`);
}
async function decide({ keyName, decide: decision, after }) {
	const id = await firstApproval(keyName);
	await sleep(after * 1000);
	if (decision !== 'none')
		await run(CTL, ['approval', decision, id]);
	return id;
}

/* The call, and the same again for as long as the answer says so: {result, repeats, failures, longest}. */
async function persist(one, client) {
	const seen = { repeats: 0, failures: [], longest: 0 };
	for (; seen.repeats <= REPEATS_MAX; seen.repeats++) {
		const began = Date.now();
		try {
			seen.result = await client.call(TOOL, { label: one.label });
			seen.longest = Math.max(seen.longest, Date.now() - began);
			if (!pending(seen.result))
				return seen;
		} catch (error) {
			seen.failures.push(`${Math.round((Date.now() - began) / 1000)} s: ${error.message}`);
			if (!one.kill)
				return seen;
			await sleep(500);
			await client.client.close().catch(() => {});
			client = await again(one);
		}
	}
	return seen;
}
/* A gateway whose responder was just killed may need a moment. */
async function again(one) {
	for (let tries = 0; ; tries++)
		try {
			return await connect(kind, url, { key: one.key });
		} catch (error) {
			if (tries === 20)
				throw error;
			await sleep(500);
		}
}

async function goesAway(one, client) {
	const gone = new AbortController();
	setTimeout(() => gone.abort(new Error('gone')), one.leave * 1000);
	const result = await client.call(TOOL, { label: one.label }, { signal: gone.signal }).catch((error) => error);
	await client.client.close();
	check(`${one.label}: the client left before there was a result`, result instanceof Error || pending(result), words(result));
}

async function runCase(one) {
	const say = (name) => `${one.label}: ${name}`;
	const client = await connect(kind, url, { key: one.key });
	const decided = decide(one);
	decided.catch(() => {});
	if (one.kill)
		setTimeout(() => run(KILL, []), one.kill * 1000);
	if (one.leave) {
		await goesAway(one, client);
		return void await decided;
	}
	const { result, repeats, failures, longest } = await persist(one, client);
	const id = await decided;
	if (!one.kill)
		is(say('no request failed'), failures, []);
	/* Of revision 2026-07-28 it is several requests. */
	check(say('no call took longer than clients wait'), longest < 60000 || kind === 'v2', `${longest} ms`);
	console.log(`${one.label}: ${repeats} repeats, ${failures.length} failures, longest ${longest} ms`);
	if (one.decide === 'approve')
		like(say('the result'), words(result), one.kill ? /^count \d+$|not known|unknown/i : /^count \d+$/);
	else
		check(say('refused, and why'), result?.isError && /denied|expired|run out|timed out|in time/i.test(words(result)), words(result));
	if (one.decide === 'approve' && !one.kill)
		await repeatAfterwards(one, client, id);
	await client.close().catch(() => {});
}
/* The same call after it has run is a new one: somebody is asked anew. */
async function repeatAfterwards(one, client, id) {
	const call = client.call(TOOL, { label: one.label }).catch((error) => error);
	const next = await firstApproval(one.keyName, [id]);
	check(`${one.label}: the same call once more needs a new decision`, next !== id);
	await run(CTL, ['approval', 'deny', next]);
	check(`${one.label}: and is denied by it`, (await call).isError === true, words(await call));
}

await Promise.all(JSON.parse(CASES).map((one) => part(one.label, () => runCase(one))));
process.exit(0);
