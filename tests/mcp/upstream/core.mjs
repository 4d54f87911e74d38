/*
 * core.mjs - the server behind its transports: which method does what, and who is told of changes.
 */
import { openSync, writeSync } from 'node:fs';
import { completions, findPrompt, prompts } from './prompts.mjs';
import { readResource, resources, templates } from './resources.mjs';
import { Exchange, dress, dressInput, mistake } from './exchange.mjs';
import { CODE, Fault, InputNeeded, LEGACY, LEVELS, META, MODERN, Spoilt, TASKS, notification } from './protocol.mjs';
import { Tasks } from './tasks.mjs';
import { toolbox } from './toolbox.mjs';

const KINDS = { toolsListChanged: 'tools', promptsListChanged: 'prompts', resourcesListChanged: 'resources' };

export class Server {
	constructor(options) {
		this.options = options;
		this.info = { name: 'enforgate-test-upstream', version: '1.0.0' };
		this.log = options.log === undefined ? null : openSync(options.log, 'a', 0o600);
		this.count = 0;          /* calls of test_counter that ran */
		this.extra = false;      /* whether test_extra and test_extra_prompt are there */
		this.definition = 1;     /* of test_changing */
		this.sessions = new Map();
		this.listeners = new Map(); /* {filter, send}, by the id of the subscription and its connection */
		this.running = new Set();
		this.tasks = new Tasks(this);
		this.tools = toolbox(options);
		this.started = Date.now();
	}
	record(entry) {
		if (this.log !== null)
			writeSync(this.log, JSON.stringify({ at: Date.now(), pid: process.pid, ...entry }) + '\n');
	}
	capabilities(era) {
		return {
			tools: { listChanged: true }, prompts: { listChanged: true }, resources: { listChanged: true, subscribe: true },
			completions: {}, logging: {}, ...(era === 'modern' && { extensions: { [TASKS]: {} } }),
		};
	}
	/* `exchange` -> the result; throws what ends it otherwise. */
	async answer(exchange) {
		const { message, era, params } = exchange;
		const handler = this.methods[message.method];
		if (!handler || (handler.era && handler.era !== era))
			throw new Fault(CODE.method, `no method ${message.method}`, undefined, era === 'modern' ? 404 : 200);
		this.running.add(exchange);
		try {
			return dress(await handler.run.call(this, params, exchange), exchange, handler);
		} catch (error) {
			if (error instanceof InputNeeded)
				return dressInput(error, exchange);
			throw error;
		} finally {
			this.running.delete(exchange);
		}
	}
	methods = {
		initialize: { era: 'legacy', run: (params, exchange) => exchange.server.initialize(params) },
		'server/discover': { era: 'modern', cached: true, run: (params, exchange) => exchange.server.discover() },
		ping: { era: 'legacy', run: () => ({}) },
		'logging/setLevel': { era: 'legacy', run: setLevel },
		'tools/list': { cached: true, run: (params, { server, era }) => server.page('tools', server.visibleTools(era), params) },
		'prompts/list': { cached: true, run: (params, { server }) => server.page('prompts', prompts(server.extra), params) },
		'resources/list': { cached: true, run: (params, { server }) => server.page('resources', resources, params) },
		'resources/templates/list': {
			cached: true, run: (params, { server }) => server.page('resourceTemplates', templates, params),
		},
		'resources/read': { cached: true, run: (params, exchange) => readResource(params, exchange) },
		'resources/subscribe': { era: 'legacy', run: (params, { session }) => (session.subscribed.add(params.uri), {}) },
		'resources/unsubscribe': { era: 'legacy', run: (params, { session }) => (session.subscribed.delete(params.uri), {}) },
		'prompts/get': { run: (params, exchange) => findPrompt(params, exchange.server.extra).get(params.arguments ?? {}, exchange) },
		'completion/complete': { run: completions },
		'tools/call': { run: callTool },
		'tasks/get': { era: 'modern', run: (params, exchange) => exchange.server.tasks.get(params, exchange) },
		'tasks/update': { era: 'modern', run: (params, exchange) => exchange.server.tasks.update(params, exchange) },
		'tasks/cancel': { era: 'modern', run: (params, exchange) => exchange.server.tasks.cancel(params, exchange) },
	};
	initialize(params) {
		const protocolVersion = LEGACY.includes(params.protocolVersion) ? params.protocolVersion : LEGACY[0];
		return { protocolVersion, capabilities: this.capabilities('legacy'), serverInfo: this.info, instructions: 'For tests only.' };
	}
	discover() {
		const supportedVersions = this.options.eras.includes('legacy') ? [MODERN, ...LEGACY] : [MODERN];
		return { supportedVersions, capabilities: this.capabilities('modern'), instructions: 'For tests only.' };
	}
	visibleTools(era) {
		return this.tools.filter((tool) => tool.name !== 'test_extra' || this.extra).map((tool) => tool.definition(this, era));
	}
	page(member, all, params) {
		const size = this.options.pageSize || all.length;
		const match = params.cursor === undefined ? ['', '0'] : /^page-(\d+)$/.exec(params.cursor);
		if (!match || Number(match[1]) > all.length)
			throw new Fault(CODE.params, 'no such cursor');
		const from = Number(match[1]);
		return { [member]: all.slice(from, from + size), ...(from + size < all.length && { nextCursor: `page-${from + size}` }) };
	}
	/* kind: tools, prompts, resources; or, with a uri, an update of that resource. */
	changed(kind, uri) {
		const message = uri === undefined ? notification(`notifications/${kind}/list_changed`) : notification('notifications/resources/updated', { uri });
		for (const session of this.sessions.values())
			if (uri === undefined || session.subscribed.has(uri))
				session.tell?.(message);
		for (const { id, filter, send } of this.listeners.values())
			if (uri === undefined ? Object.entries(KINDS).some(([name, of]) => of === kind && filter[name]) : filter.resourceSubscriptions?.includes(uri))
				send({ ...message, params: { ...message.params, _meta: { [META + 'subscriptionId']: id } } });
	}
	/* Begins a subscription; the function that comes back ends it. */
	listen(connection, message, send) {
		const asked = message.params.notifications ?? {};
		const names = [...Object.keys(KINDS), 'resourceSubscriptions', 'taskIds'];
		const filter = Object.fromEntries(Object.entries(asked).filter(([name]) => names.includes(name)));
		const _meta = { [META + 'subscriptionId']: message.id };
		send(notification('notifications/subscriptions/acknowledged', { notifications: filter, _meta }));
		this.listeners.set(connection, { id: message.id, filter, send });
		return () => {
			this.listeners.delete(connection);
			this.record({ event: 'listen ended', id: message.id });
		};
	}
}

function setLevel(params, { session }) {
	if (!LEVELS.includes(params.level))
		throw new Fault(CODE.params, 'no such level');
	session.logLevel = params.level;
	return {};
}

async function callTool(params, exchange) {
	const { server } = exchange;
	const tool = server.tools.find(({ name }) => name === params.name);
	if (!tool || (tool.name === 'test_extra' && !server.extra))
		throw new Fault(CODE.params, `no tool ${params.name}`);
	if (exchange.era === 'modern' && exchange.transport.headers)
		tool.checkHeaders(params.arguments ?? {}, exchange.transport.headers);
	server.record({ event: 'call', tool: tool.name, id: exchange.message.id, round: exchange.round });
	try {
		const task = server.tasks.begin(tool, params.arguments ?? {}, exchange);
		const result = await (task ?? tool.run(params.arguments ?? {}, exchange));
		if (result instanceof Spoilt)
			throw result;
		server.record({ event: 'ran', tool: tool.name, id: exchange.message.id });
		return result;
	} catch (error) {
		if (exchange.signal.aborted)
			server.record({ event: 'cancelled', tool: tool.name, id: exchange.message.id });
		return mistake(error, exchange.era);
	}
}

/* Makes the exchange of a request; what its envelope says about the client comes from there in the modern era. */
export function exchangeOf(server, message, era, { session, transport }) {
	const meta = message.params?._meta ?? {};
	return new Exchange(server, message, era === 'modern' ?
		{ era, version: MODERN, capabilities: meta[META + 'clientCapabilities'], logLevel: meta[META + 'logLevel'], transport } :
		{ era, version: session?.version, capabilities: session?.capabilities, logLevel: session?.logLevel ?? 'debug', session, transport });
}
