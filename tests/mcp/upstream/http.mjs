/*
 * http.mjs - Streamable HTTP of both eras on one path, /mcp. The body decides which era a request is of.
 */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { exchangeOf } from './core.mjs';
import { CODE, Fault, LEGACY, META, MODERN, Spoilt, errorOf, sleep } from './protocol.mjs';

const BODY_MAX = 64 << 20;
const LOCAL = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;
const NAMED = { 'tools/call': 'name', 'prompts/get': 'name', 'resources/read': 'uri', 'tasks/get': 'taskId', 'tasks/update': 'taskId', 'tasks/cancel': 'taskId' };
const event = (data) => `event: message\ndata: ${data}\n\n`;
const refuse = (http, code, message, data) => new Fault(code, message, data, http);

export function serveHttp(server) {
	const http = createServer((request, response) => new Visit(server, request, response).serve());
	http.requestTimeout = 0;
	http.keepAliveTimeout = 60000;
	http.listen(server.options.port, '127.0.0.1', () => console.log(`http://127.0.0.1:${http.address().port}/mcp`));
}

async function bodyOf(request) {
	const chunks = [];
	let size = 0;
	for await (const chunk of request) {
		size += chunk.length;
		if (size > BODY_MAX)
			throw refuse(413, CODE.invalid, 'too large');
		chunks.push(chunk);
	}
	return Buffer.concat(chunks).toString('utf8');
}

/* The answer to one POST: whole, or a stream once something is said before its end. */
class Answer {
	constructor(server, response, session) {
		Object.assign(this, { server, response, session, streaming: false, headers: {} });
		if (server.options.answers === 'sse')
			this.stream();
	}
	stream() {
		if (this.streaming)
			return;
		this.streaming = true;
		if (this.session)
			this.headers['mcp-session-id'] = this.session.id;
		this.response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', ...this.headers });
		this.response.flushHeaders();
	}
	send(message) {
		if (this.server.options.answers === 'json') {
			this.session?.tell?.(message);
			return;
		}
		this.stream();
		this.write(JSON.stringify(message));
	}
	write(data) {
		if (this.kept)
			this.kept.push(data);
		else
			this.response.write(event(data));
	}
	/* Ends the connection though not the answer: the client is to come again by GET, after so many milliseconds (SEP-1699). */
	comeAgain(retryMs) {
		const id = randomUUID();
		this.stream();
		this.response.write(`id: ${id}\nretry: ${retryMs}\ndata: \n\n`);
		this.response.end();
		this.kept = [];
		this.session.streams.set(id, this);
	}
	resume(response) {
		const missed = this.kept;
		Object.assign(this, { response, kept: null });
		response.writeHead(200, { 'content-type': 'text/event-stream', 'mcp-session-id': this.session.id });
		for (const data of missed)
			this.write(data);
		if (this.ended)
			response.end();
	}
	end(message, status = 200) {
		if (!this.streaming) {
			this.response.writeHead(status, { 'content-type': 'application/json', ...this.headers });
			this.response.end(JSON.stringify(message));
			return;
		}
		this.send(message);
		this.ended = !this.server.options.keepOpen;
		if (this.ended && !this.kept)
			this.response.end();
	}
	/* What a bad server does instead. */
	raw = {
		begin: () => this.streaming || this.response.writeHead(200, { 'content-type': 'application/json' }),
		write: (bytes) => this.response.write(bytes),
		open: () => !this.response.destroyed,
		drop: () => this.response.socket?.destroy(),
		whole: (bytes) => this.raw.page(200, 'application/json', bytes),
		half: (bytes) => {
			this.response.writeHead(200, { 'content-type': 'application/json', 'content-length': String(bytes.length + 100) });
			this.response.write(bytes, () => this.response.socket?.destroy());
		},
		html: (bytes, status) => this.raw.page(status, 'text/html', bytes),
		redirect: (to) => {
			this.response.writeHead(307, { location: to });
			this.response.end();
		},
		page: (status, type, bytes) => {
			if (!this.streaming)
				this.response.writeHead(status, { 'content-type': type });
			this.response.end(bytes);
		},
	};
}

class Visit {
	constructor(server, request, response) {
		Object.assign(this, { server, request, response, headers: request.headers });
	}
	async serve() {
		const { server, request, response } = this;
		let message;
		try {
			const body = await bodyOf(request);
			server.record({ event: 'request', method: request.method, url: request.url, headers: this.headers, body });
			const cold = server.started + server.options.coldMs - Date.now();
			if (cold > 0)
				await sleep(cold);
			this.admit();
			if (request.method === 'GET')
				return this.openStream();
			if (request.method === 'DELETE')
				return this.endSession();
			message = this.parse(body);
			await (this.isModern(message) ? this.modern(message) : this.legacy(message));
		} catch (error) {
			if (response.headersSent)
				return void response.end();
			const id = typeof message === 'object' && message !== null ? message.id : undefined;
			const status = error instanceof Fault ? error.http : 500;
			response.writeHead(status, { 'content-type': 'application/json', ...(status === 401 && { 'www-authenticate': 'Bearer' }) });
			response.end(JSON.stringify({ jsonrpc: '2.0', ...(id !== undefined && { id }), error: errorOf(error) }));
		}
	}
	admit() {
		const { headers, request } = this;
		const origin = headers.origin && headers.origin.replace(/^https?:\/\//, '');
		if (!LOCAL.test(headers.host ?? '') || (origin && !LOCAL.test(origin)))
			throw refuse(403, CODE.server, 'this server is for its own host');
		if (this.server.options.token && headers.authorization !== `Bearer ${this.server.options.token}`)
			throw refuse(401, CODE.server, 'a token is missing');
		if (request.url !== '/mcp')
			throw refuse(404, CODE.server, 'nothing here');
		if (!['POST', 'GET', 'DELETE'].includes(request.method))
			throw refuse(405, CODE.server, 'no such method');
		const accept = headers.accept ?? '';
		const wanted = request.method === 'GET' ? ['text/event-stream'] : ['application/json', 'text/event-stream'];
		if (request.method !== 'DELETE' && !accept.includes('*/*') && !wanted.every((type) => accept.includes(type)))
			throw refuse(406, CODE.server, 'not acceptable');
		if (request.method === 'POST' && !/^application\/json\b/.test(headers['content-type'] ?? ''))
			throw refuse(415, CODE.server, 'JSON is wanted');
	}
	parse(body) {
		let message;
		try {
			message = JSON.parse(body);
		} catch {
			throw refuse(400, CODE.parse, 'this is no JSON');
		}
		if (typeof message !== 'object' || message === null || Array.isArray(message) || message.jsonrpc !== '2.0')
			throw refuse(400, CODE.invalid, 'this is no message');
		return message;
	}
	isModern(message) {
		if (message.params?._meta?.[META + 'protocolVersion'] !== undefined)
			return true;
		return this.headers['mcp-protocol-version'] === MODERN && message.method !== 'initialize';
	}

	/* ---- 2026-07-28 ---- */
	checkEnvelope({ method, params }) {
		const { headers } = this;
		const meta = params?._meta ?? {};
		const version = meta[META + 'protocolVersion'];
		if (version === undefined || typeof meta[META + 'clientCapabilities'] !== 'object')
			throw refuse(400, CODE.params, 'protocolVersion or clientCapabilities are missing in _meta');
		if (headers['mcp-protocol-version'] !== version)
			throw refuse(400, CODE.header, 'MCP-Protocol-Version does not match');
		if (version !== MODERN)
			throw refuse(400, CODE.version, 'this version is not served', { supported: this.server.discover().supportedVersions, requested: version });
		if (headers['mcp-method']?.trim() !== method)
			throw refuse(400, CODE.header, 'Mcp-Method does not match');
		const name = params[NAMED[method]];
		if (NAMED[method] && name !== undefined && headers['mcp-name'] === undefined)
			throw refuse(400, CODE.header, 'Mcp-Name is missing');
		const given = /^=\?base64\?(.*)\?=$/.exec(headers['mcp-name'] ?? '');
		const value = given ? Buffer.from(given[1], 'base64').toString() : headers['mcp-name']?.trim();
		if (NAMED[method] && name !== undefined && value !== name)
			throw refuse(400, CODE.header, 'Mcp-Name does not match');
	}
	async modern(message) {
		const { server, response } = this;
		if (!server.options.eras.includes('modern'))
			throw refuse(400, CODE.server, 'Bad Request: Server not initialized');
		if (message.method === undefined)
			throw refuse(400, CODE.invalid, 'no response was asked for');
		if (message.id === undefined)
			return this.accepted();
		this.checkEnvelope(message);
		const answer = new Answer(server, response);
		if (message.method === 'subscriptions/listen') {
			answer.stream();
			response.on('close', server.listen(response, message, (said) => answer.send(said)));
			return;
		}
		const exchange = exchangeOf(server, message, 'modern', { transport: { send: (said) => answer.send(said), headers: this.headers } });
		response.on('close', () => {
			if (!response.writableFinished)
				exchange.abort.abort();
		});
		await this.run(exchange, answer);
	}
	async run(exchange, answer) {
		const { id } = exchange.message;
		try {
			answer.end({ jsonrpc: '2.0', id, result: await this.server.answer(exchange) });
		} catch (error) {
			if (error instanceof Spoilt)
				await error.spoil({ raw: answer.raw, id });
			else if (!exchange.signal.aborted)
				answer.end({ jsonrpc: '2.0', id, error: errorOf(error) }, error.http);
			else
				this.response.end();
		}
	}
	accepted() {
		this.response.writeHead(202);
		this.response.end();
	}

	/* ---- Earlier revisions ---- */
	session() {
		const id = this.headers['mcp-session-id'];
		if (id === undefined)
			throw refuse(400, CODE.server, 'Bad Request: Mcp-Session-Id header is required');
		const session = this.server.sessions.get(id);
		if (!session)
			throw refuse(this.server.options.lostStatus, CODE.server, 'Session not found');
		return session;
	}
	async legacy(message) {
		const { server, response } = this;
		if (!server.options.eras.includes('legacy'))
			throw refuse(400, CODE.version, 'only 2026-07-28 is served', { supported: [MODERN], requested: message.params?.protocolVersion ?? LEGACY[0] });
		const session = message.method === 'initialize' ? this.openSession(message.params) : this.session();
		if (message.method === undefined)
			return this.heard(session, message);
		if (message.id === undefined) {
			if (message.method === 'notifications/cancelled')
				session.running.get(message.params?.requestId)?.abort.abort();
			return this.accepted();
		}
		const answer = new Answer(server, response, session);
		if (message.method === 'initialize')
			answer.headers['mcp-session-id'] = session.id;
		const send = (said) => answer.send(said);
		const transport = { send, ask: (method, params) => session.ask(method, params, send), headers: this.headers };
		if (session.version === LEGACY[0] && server.options.answers !== 'json')
			transport.comeAgain = (retryMs) => answer.comeAgain(retryMs);
		const exchange = exchangeOf(server, message, 'legacy', { session, transport });
		session.running.set(message.id, exchange);
		response.on('close', () => session.running.delete(message.id));
		await this.run(exchange, answer);
	}
	openSession(params = {}) {
		const session = new Session(randomUUID(), params);
		this.server.sessions.set(session.id, session);
		this.server.record({ event: 'session', id: session.id });
		return session;
	}
	heard(session, message) {
		session.heard(message);
		this.accepted();
	}
	openStream() {
		const session = this.session();
		const lost = this.headers['last-event-id'];
		if (lost !== undefined) {
			if (!session.streams.has(lost))
				throw refuse(404, CODE.server, 'no such stream');
			return session.streams.get(lost).resume(this.response);
		}
		if (session.tell)
			throw refuse(409, CODE.server, 'there is a stream already');
		this.response.writeHead(200, { 'content-type': 'text/event-stream', 'mcp-session-id': session.id });
		this.response.flushHeaders();
		session.tell = (message) => this.response.write(event(JSON.stringify(message)));
		this.response.on('close', () => delete session.tell);
		session.end = () => this.response.end();
	}
	endSession() {
		const session = this.session();
		this.server.sessions.delete(session.id);
		this.server.record({ event: 'session ended', id: session.id });
		session.end?.();
		this.response.writeHead(200);
		this.response.end();
	}
}

/* Of a legacy client, over HTTP or stdio: what it said of itself, and what it was asked. */
export class Session {
	constructor(id, params) {
		Object.assign(this, { id, subscribed: new Set(), running: new Map(), asked: new Map(), streams: new Map(), next: 1 });
		this.greet(params);
	}
	greet({ protocolVersion, capabilities, clientInfo } = {}) {
		Object.assign(this, { version: protocolVersion, capabilities: capabilities ?? {}, clientInfo });
	}
	ask(method, params, send) {
		const id = `ask-${this.next++}`;
		return new Promise((resolve, reject) => {
			this.asked.set(id, { resolve, reject });
			send({ jsonrpc: '2.0', id, method, ...(params && { params }) });
		});
	}
	heard({ id, result, error }) {
		const waiting = this.asked.get(id);
		this.asked.delete(id);
		if (error)
			waiting?.reject(Object.assign(new Fault(CODE.invalid, `the client answered: ${error.message}`), { answered: error.code }));
		else
			waiting?.resolve(result);
	}
}
