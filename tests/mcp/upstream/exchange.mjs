/*
 * exchange.mjs - one request under way: what the code of a tool can say and ask, in the way of the era it came in.
 *
 * A tool asks its client by gather(). A legacy client gets real requests meanwhile; a modern one gets the call back as
 * input_required and comes again, and the tool runs anew from its beginning: what was answered before comes from requestState.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { CODE, Fault, InputNeeded, LEVELS, META, lacking, missing, notification, text } from './protocol.mjs';

const stateKey = randomBytes(32); /* states are of one process */

function seal(state) {
	const body = Buffer.from(JSON.stringify(state)).toString('base64url');
	return body + '.' + createHmac('sha256', stateKey).update(body).digest('base64url');
}
function unseal(sealed) {
	const [body, mac, more] = String(sealed).split('.');
	if (more !== undefined || !mac || createHmac('sha256', stateKey).update(body).digest('base64url') !== mac)
		throw new Fault(CODE.params, 'requestState is not what this server gave');
	return JSON.parse(Buffer.from(body, 'base64url'));
}
const valid = (answer) => typeof answer === 'object' && answer !== null && !Array.isArray(answer);

export class Exchange {
	/* transport: {send(message), ask(method, params), headers?} */
	constructor(server, message, { era, version, capabilities, logLevel, session, transport }) {
		const params = message.params ?? {};
		Object.assign(this, { server, message, params, era, version, capabilities, logLevel, session, transport });
		this.progressToken = params._meta?.progressToken;
		this.abort = new AbortController();
		this.signal = this.abort.signal;
		const given = era === 'modern' && params.requestState !== undefined ? unseal(params.requestState) : {};
		this.answers = given.answers ?? {};
		this.round = given.round ?? 0;
	}
	send(message) {
		this.transport.send(message);
	}
	progress(progress, total, message) {
		if (this.progressToken !== undefined)
			this.send(notification('notifications/progress', {
				progressToken: this.progressToken, progress, ...(total !== undefined && { total }), ...(message && { message }),
			}));
	}
	log(level, data, logger = 'fixture') {
		if (this.logLevel && LEVELS.indexOf(level) >= LEVELS.indexOf(this.logLevel))
			this.send(notification('notifications/message', { level, logger, data }));
	}
	needs(capability) {
		if (!this.capabilities?.[capability])
			throw lacking(capability);
	}
	/* {key: {method, params}} -> {key: answer}. `state: false`: without a requestState, where the first round is the only one. */
	async gather(requests, { state = true } = {}) {
		for (const { method, params } of Object.values(requests)) {
			const lacks = missing(this.capabilities, method, params);
			if (lacks)
				throw this.era === 'modern' ? lacking(lacks) : new Fault(CODE.invalid, `the client has no ${lacks}`);
		}
		if (this.era === 'legacy') {
			const asked = Object.entries(requests).map(async ([key, { method, params }]) => [key, await this.transport.ask(method, params)]);
			return Object.fromEntries(await Promise.all(asked));
		}
		const given = { ...this.params.inputResponses, ...this.answers };
		const got = Object.fromEntries(Object.keys(requests).filter((key) => valid(given[key])).map((key) => [key, given[key]]));
		if (Object.keys(requests).every((key) => key in got)) {
			Object.assign(this.answers, got);
			return got;
		}
		const left = Object.fromEntries(Object.entries(requests).filter(([key]) => !(key in got)));
		throw new InputNeeded(left, state ? seal({ answers: { ...this.answers, ...got }, round: this.round + 1 }) : undefined);
	}
	/* Comes back `rounds` times with nothing but a state. Legacy clients know nothing like it. */
	async again(rounds) {
		if (this.era === 'modern' && this.round < rounds)
			throw new InputNeeded(undefined, seal({ answers: this.answers, round: this.round + 1 }));
	}
	elicit(key, message, properties, options) {
		const requestedSchema = { type: 'object', properties, required: Object.keys(properties) };
		return this.gather({ [key]: { method: 'elicitation/create', params: { message, requestedSchema } } }, options);
	}
}

/* What a result has to carry in its era. */
export function dress(result, exchange, { cached = false } = {}) {
	if (exchange.era === 'legacy')
		return result;
	const _meta = { ...result._meta, [META + 'serverInfo']: exchange.server.info };
	return { resultType: 'complete', ...result, ...(cached && { ttlMs: 0, cacheScope: 'private' }), _meta };
}
export function dressInput(needed, exchange) {
	return {
		resultType: 'input_required',
		...(needed.requests && { inputRequests: needed.requests }),
		...(needed.state && { requestState: needed.state }),
		_meta: { [META + 'serverInfo']: exchange.server.info },
	};
}
/* A tool's own mistake is a result that the model can read; faults of the protocol are not. */
export function mistake(error, era) {
	if (error instanceof Fault && era === 'legacy' && error.code === CODE.invalid)
		return text(error.message, { isError: true });
	throw error;
}
