/*
 * relay_client.mjs - a client of either era with nothing between the test and the wire: what goes out and what comes in are messages.
 */
import { randomUUID } from 'node:crypto';

const META = 'io.modelcontextprotocol/';
const TYPES = { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' };
const ROUNDS = 11;

/* The JSON messages of a response, as they come. */
export async function* messagesOf(response) {
	if (!(response.headers.get('content-type') ?? '').startsWith('text/event-stream')) {
		const body = await response.text();
		if (body !== '')
			yield JSON.parse(body);
		return;
	}
	let rest = '';
	for await (const bytes of response.body.pipeThrough(new TextDecoderStream())) {
		rest += bytes;
		const events = rest.split(/\r?\n\r?\n/);
		rest = events.pop();
		for (const event of events) {
			const data = event.split(/\r?\n/).filter((line) => line.startsWith('data:')).map((line) => line.slice(5)).join('\n');
			if (data.trim() !== '')
				yield JSON.parse(data);
		}
	}
}

/* What a person, a model and a file system answer to each kind of question. */
export function answerTo({ method, params }) {
	if (method === 'roots/list')
		return { roots: [{ uri: 'file:///roots/one', name: 'one' }] };
	if (method === 'sampling/createMessage')
		return { role: 'assistant', model: 'test', content: { type: 'text', text: 'sampled words' } };
	const properties = Object.keys(params?.requestedSchema?.properties ?? {});
	return params?.mode === 'url' ? { action: 'accept' } : { action: 'accept', content: Object.fromEntries(properties.map((name) => [name, `my ${name}`])) };
}

/* `elsewhere` is another way to the same gateway: what belongs to a call that is under way goes there, as to another process. */
class Client {
	constructor(url, key, capabilities, elsewhere = url) {
		Object.assign(this, { url, elsewhere, key, capabilities, asked: [], answer: answerTo });
	}
	post(message, headers = {}, signal = undefined, url = this.url) {
		return fetch(url, {
			method: 'POST', signal, body: JSON.stringify(message), headers: { ...TYPES, Authorization: `Bearer ${this.key}`, ...headers },
		});
	}
	call(name, args, options) {
		return this.request('tools/call', { name, ...(args && { arguments: args }) }, options);
	}
}

export class LegacyClient extends Client {
	async connect(version = '2025-11-25') {
		const response = await this.post({
			jsonrpc: '2.0', id: 'init', method: 'initialize',
			params: { protocolVersion: version, capabilities: this.capabilities, clientInfo: { name: 'relay', version: '1' } },
		});
		this.session = response.headers.get('mcp-session-id');
		for await (const message of messagesOf(response))
			this.server = message.result;
		await this.tell('notifications/initialized');
		return this;
	}
	headers() {
		return { 'Mcp-Session-Id': this.session };
	}
	async tell(method, params = {}) {
		return (await this.post({ jsonrpc: '2.0', method, params }, this.headers(), undefined, this.elsewhere)).status;
	}
	async respond(id, result, error) {
		const message = error ? { jsonrpc: '2.0', id, error } : { jsonrpc: '2.0', id, result };
		return (await this.post(message, this.headers(), undefined, this.elsewhere)).status;
	}
	/* {response, heard}: the message that answers it, or undefined where the stream ends without one, and all others. */
	async request(method, params = {}, { token, id = randomUUID(), signal, onmessage } = {}) {
		const heard = [];
		const _meta = token === undefined ? {} : { _meta: { progressToken: token } };
		const response = await this.post({ jsonrpc: '2.0', id, method, params: { ...params, ..._meta } }, this.headers(), signal);
		for await (const message of messagesOf(response)) {
			if (message.id === id && message.method === undefined)
				return { response: message, heard };
			heard.push(message);
			await onmessage?.(message);
			if (message.id !== undefined && message.method !== undefined) {
				this.asked.push(message.method);
				const said = this.answer(message);
				if (said !== undefined)
					await this.respond(message.id, said.error ? undefined : said, said.error);
			}
		}
		return { heard };
	}
}

export class ModernClient extends Client {
	/* The same; all rounds of a call, each with a request of its own. `rounds` counts them. */
	async request(method, params = {}, { token, level, signal, onmessage, single = false } = {}) {
		const heard = [];
		let more = {};
		for (let rounds = 1; rounds <= ROUNDS; rounds++) {
			const url = rounds % 2 === 1 ? this.url : this.elsewhere;
			const response = await this.once(method, { ...params, ...more }, { token, level, signal, onmessage, heard, url });
			if (single || response?.result?.resultType !== 'input_required')
				return { response, heard, rounds };
			const inputResponses = {};
			for (const [key, request] of Object.entries(response.result.inputRequests ?? {})) {
				this.asked.push(request.method);
				inputResponses[key] = this.answer(request);
			}
			more = { requestState: response.result.requestState, ...(response.result.inputRequests && { inputResponses }) };
		}
		return { heard, rounds: ROUNDS };
	}
	async once(method, params, { token, level, signal, onmessage, heard = [], url }) {
		const id = randomUUID();
		const _meta = {
			[`${META}protocolVersion`]: '2026-07-28', [`${META}clientCapabilities`]: this.capabilities,
			...(token !== undefined && { progressToken: token }), ...(level && { [`${META}logLevel`]: level }),
		};
		const name = params.name ?? params.uri ?? params.taskId;
		const headers = { 'MCP-Protocol-Version': '2026-07-28', 'Mcp-Method': method, ...(name && { 'Mcp-Name': name }) };
		const response = await this.post({ jsonrpc: '2.0', id, method, params: { ...params, _meta } }, headers, signal, url);
		for await (const message of messagesOf(response)) {
			if (message.id === id)
				return message;
			heard.push(message);
			await onmessage?.(message);
		}
		return undefined;
	}
}
