/*
 * tools_odd.mjs - what upstreams do that are slow, broken, greedy or dying. Each leaves the server fit for the next request, but
 * for test_dies.
 */
import { CODE, Fault, Spoilt, notification, sleep, text } from './protocol.mjs';

const BLOCK = 1 << 16;
const size = { type: 'object', properties: { bytes: { type: 'integer' } } };
const nothing = () => new Promise(() => {});
const until = (signal) => new Promise((resolve, reject) =>
	signal.addEventListener('abort', () => reject(new Fault(CODE.server, 'cancelled')), { once: true }));

export const odd = [
	/* Says nothing until it is cancelled. */
	{ name: 'test_silent', run: (args, { signal }) => until(signal) },
	{ name: 'test_huge', inputSchema: size, run: ({ bytes = 20 << 20 }) => text('x'.repeat(bytes)) },
	/* Many messages before its answer, as fast as they are taken. */
	{
		name: 'test_chatty', inputSchema: { type: 'object', properties: { messages: { type: 'integer' }, bytes: { type: 'integer' } } },
		run: async ({ messages = 1000, bytes = 100 }, exchange) => {
			for (let i = 0; i < messages; i++) {
				exchange.progress(i + 1, messages, 'x'.repeat(bytes));
				exchange.log('info', 'x'.repeat(bytes));
				if (i % 100 === 99)
					await sleep(1, exchange.signal);
			}
			return text(`said ${messages} things`);
		},
	},
	/* A line or body that never ends. */
	{
		name: 'test_endless',
		run: (args, { signal }) => new Spoilt(async ({ raw }) => {
			raw.begin();
			while (!signal.aborted && raw.open()) {
				raw.write('x'.repeat(BLOCK));
				await sleep(5);
			}
		}),
	},
	{ name: 'test_dies', run: (args, { server }) => {
		server.record({ event: 'dies' });
		process.exit(3);
	} },
	{
		name: 'test_dies_after_running', inputSchema: { type: 'object', properties: { label: { type: 'string' } } },
		run: async ({ label }, { server }) => {
			server.count += 1;
			server.record({ event: 'counted', label, count: server.count });
			process.exit(3);
		},
	},
	/* The connection ends without an answer; over stdio there is none then. */
	{ name: 'test_drops', run: () => new Spoilt(({ raw }) => raw.drop()) },
	{ name: 'test_garbage', run: () => new Spoilt(({ raw }) => raw.whole('this is {no JSON\n')) },
	{ name: 'test_half', run: () => new Spoilt(({ raw }) => raw.half('{"jsonrpc":"2.0","id":1,"result":{"content":[')) },
	{ name: 'test_wrong_id', run: () => new Spoilt(({ raw }) => raw.whole(JSON.stringify({ jsonrpc: '2.0', id: 'of-nobody', result: text('for whom?') }) + '\n')) },
	{ name: 'test_no_result', run: () => new Spoilt(({ raw, id }) => raw.whole(JSON.stringify({ jsonrpc: '2.0', id }) + '\n')) },
	{ name: 'test_html', run: () => new Spoilt(({ raw }) => raw.html('<html><title>503</title></html>', 503)) },
	/* An HTTP answer that leads elsewhere; over stdio a plain error. */
	{
		name: 'test_redirects', inputSchema: { type: 'object', properties: { to: { type: 'string' } } },
		run: ({ to = 'http://127.0.0.2:9/' }) => new Spoilt(({ raw }) => raw.redirect(to)),
	},
	{ name: 'test_error', run: () => { throw new Fault(-32001, 'an error of its own', { detail: 'for the client' }); } },
	{ name: 'test_unauthorized', run: () => new Spoilt(({ raw }) => raw.html('no', 401)) },
	/* Forgets the session it was called in; so does a server that was restarted. */
	{
		name: 'test_forget_session',
		run: (args, { server, session }) => {
			if (session)
				server.sessions.delete(session.id);
			return text('whose session?');
		},
	},
	/* Messages that no client has asked for. */
	{
		name: 'test_strays',
		run: (args, exchange) => {
			exchange.send(notification('notifications/progress', { progressToken: 'of-nobody', progress: 1 }));
			exchange.send(notification('notifications/unheard_of', { of: 'anybody' }));
			exchange.send({ jsonrpc: '2.0', id: 'stray', result: {} });
			return text('strayed');
		},
	},
	{
		name: 'test_progress_backwards',
		run: (args, exchange) => {
			for (const value of [5, 3, 8])
				exchange.progress(value, 10);
			return text('backwards');
		},
	},
	/* Asks what no server may ask. */
	{
		name: 'test_asks_nonsense',
		run: async (args, exchange) => {
			if (exchange.era === 'modern')
				return text('modern servers ask nothing');
			const answer = await Promise.race([exchange.transport.ask('no/such_question', {}).catch((error) => ({ code: error.answered })), sleep(5000).then(nothing)]);
			return text(JSON.stringify(answer));
		},
	},
	{ name: `test_${'long_'.repeat(13)}name`, run: () => text('a long name') },
];
