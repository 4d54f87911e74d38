/*
 * tasks.mjs - the extension io.modelcontextprotocol/tasks (SEP-2663) as far as the conformance suite looks at it.
 */
import { randomUUID } from 'node:crypto';
import { CODE, Fault, TASKS, failed, lacking, sleep, text } from './protocol.mjs';

const TTL_MS = 600000;
const POLL_MS = 100;
const ENDED = ['completed', 'failed', 'cancelled'];
const declared = ({ capabilities }) => capabilities?.extensions?.[TASKS];
const form = (message, name, type) => ({
	method: 'elicitation/create',
	params: { message, requestedSchema: { type: 'object', properties: { [name]: { type } }, required: [name] } },
});
const needsTasks = () => {
	const fault = lacking('extensions');
	fault.data = { requiredCapabilities: { extensions: { [TASKS]: {} } } };
	return fault;
};

export class Tasks {
	constructor(server) {
		this.server = server;
		this.all = new Map();
	}
	/* Begins a task where the tool makes one; null: it is run at once. */
	begin(tool, args, exchange) {
		if (!tool.task)
			return null;
		if (!declared(exchange)) {
			if (tool.task === 'required')
				throw needsTasks();
			return null;
		}
		return this.create(tool, args, exchange);
	}
	async create(tool, args, exchange) {
		const gathered = await tool.before?.(args, exchange);
		const now = new Date().toISOString();
		const task = { taskId: randomUUID(), status: 'working', createdAt: now, lastUpdatedAt: now, ttlMs: TTL_MS, pollIntervalMs: POLL_MS };
		const entry = { task, waiting: new Map(), abort: new AbortController() };
		this.all.set(task.taskId, entry);
		tool.run(args, this.inside(entry, exchange), gathered).then(
			(result) => this.settle(entry, 'completed', { result: { resultType: 'complete', ...result } }),
			(error) => this.settle(entry, 'failed', { error: { code: error.code ?? CODE.internal, message: error.message } }));
		return { resultType: 'task', ...task };
	}
	/* What the code of the tool has for an exchange while it runs as a task. */
	inside(entry, exchange) {
		const gather = (requests) => {
			const answers = Object.entries(requests).map(([key, request]) => new Promise((resolve) => entry.waiting.set(key, { request, resolve })));
			this.touch(entry, 'input_required');
			return Promise.all(answers);
		};
		return { server: this.server, era: exchange.era, capabilities: exchange.capabilities, signal: entry.abort.signal, progress: () => {}, log: () => {}, gather };
	}
	touch(entry, status, more) {
		Object.assign(entry.task, { status, lastUpdatedAt: new Date().toISOString() }, more);
	}
	settle(entry, status, more) {
		if (!ENDED.includes(entry.task.status))
			this.touch(entry, status, more);
	}
	find(params, exchange) {
		if (!declared(exchange))
			throw needsTasks();
		const entry = this.all.get(params.taskId);
		if (!entry)
			throw new Fault(CODE.params, 'no such task');
		return entry;
	}
	get(params, exchange) {
		const { task, waiting } = this.find(params, exchange);
		const asked = Object.fromEntries([...waiting].map(([key, { request }]) => [key, request]));
		return { ...task, ...(task.status === 'input_required' && { inputRequests: asked }) };
	}
	update(params, exchange) {
		const entry = this.find(params, exchange);
		for (const [key, answer] of Object.entries(params.inputResponses ?? {})) {
			entry.waiting.get(key)?.resolve(answer);
			entry.waiting.delete(key);
		}
		if (entry.waiting.size === 0 && entry.task.status === 'input_required')
			this.touch(entry, 'working');
		return {};
	}
	cancel(params, exchange) {
		const entry = this.find(params, exchange);
		this.settle(entry, 'cancelled');
		entry.abort.abort();
		return {};
	}
}

export const taskTools = [
	{
		name: 'slow_compute', task: 'optional',
		inputSchema: { type: 'object', properties: { seconds: { type: 'number' }, label: { type: 'string' } } },
		run: async ({ seconds = 1, label = 'it' }, { signal }) => {
			await sleep(seconds * 1000, signal);
			return text(`computed ${label}`);
		},
	},
	{ name: 'failing_job', task: 'required', run: (args, { signal }) => sleep(1000, signal).then(() => failed('the job failed')) },
	{ name: 'protocol_error_job', task: 'required', run: async () => { throw new Fault(CODE.internal, 'the job broke'); } },
	{
		name: 'confirm_delete', task: 'required', inputSchema: { type: 'object', properties: { filename: { type: 'string' } } },
		run: async ({ filename }, task) => {
			const [{ content }] = await task.gather({ confirm: form(`Delete ${filename}?`, 'confirm', 'boolean') });
			return text(content?.confirm ? `deleted ${filename}` : 'kept');
		},
	},
	{
		name: 'multi_input', task: 'required',
		run: async (args, task) => {
			const answers = await task.gather({ first: form('First?', 'name', 'string'), second: form('Second?', 'name', 'string') });
			return text(answers.map(({ content }) => content?.name).join(' and '));
		},
	},
	{
		name: 'test_tool_with_task', task: 'required',
		before: (args, exchange) => exchange.elicit('user_name', 'What is your name?', { name: { type: 'string' } }),
		run: async (args, task, { user_name }) => text(`Hello, ${user_name.content?.name}!`),
	},
];
