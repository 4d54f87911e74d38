/*
 * stdio.mjs - one JSON message a line, both eras on one pair of pipes: each request says which one it is of.
 */
import { createInterface } from 'node:readline';
import { exchangeOf } from './core.mjs';
import { Session } from './http.mjs';
import { CODE, Fault, META, MODERN, Spoilt, errorOf, sleep } from './protocol.mjs';

export function serveStdio(server) {
	const running = new Map(); /* by the id of the request: a function that cancels it */
	const say = (message) => process.stdout.write(JSON.stringify(message) + '\n');
	const session = new Session('stdio', {});
	session.tell = say;
	if (server.options.eras.includes('legacy'))
		server.sessions.set('stdio', session);

	const raw = {
		begin: () => {}, open: () => true, write: (bytes) => process.stdout.write(bytes), drop: () => {},
		whole: (bytes) => process.stdout.write(bytes), half: (bytes) => process.stdout.write(bytes + '\n'), html: (bytes) => process.stdout.write(bytes + '\n'),
		redirect: () => {},
	};
	const isModern = (message) => message.params?._meta?.[META + 'protocolVersion'] !== undefined;
	const check = (message, era) => {
		if (!server.options.eras.includes(era))
			throw new Fault(CODE.method, `no method ${message.method}`);
		const version = message.params?._meta?.[META + 'protocolVersion'];
		if (era === 'modern' && version !== MODERN)
			throw new Fault(CODE.version, 'this version is not served', { supported: server.discover().supportedVersions, requested: version });
	};
	const serve = async (message) => {
		const { id, method } = message;
		const era = isModern(message) ? 'modern' : 'legacy';
		try {
			check(message, era);
			if (method === 'initialize')
				session.greet(message.params);
			if (method === 'subscriptions/listen') {
				running.set(id, server.listen(`listen ${id}`, message, say));
				return;
			}
			const transport = { send: say, ask: (asked, params) => session.ask(asked, params, say) };
			const exchange = exchangeOf(server, message, era, { session, transport });
			running.set(id, () => exchange.abort.abort());
			const result = await server.answer(exchange);
			if (!exchange.signal.aborted)
				say({ jsonrpc: '2.0', id, result });
		} catch (error) {
			if (error instanceof Spoilt)
				await error.spoil({ raw, id });
			else if (error.message !== 'cancelled')
				say({ jsonrpc: '2.0', id, error: errorOf(error) });
		}
		if (method !== 'subscriptions/listen')
			running.delete(id);
	};
	const receive = async (line) => {
		server.record({ event: 'line', body: line });
		const cold = server.started + server.options.coldMs - Date.now();
		if (cold > 0)
			await sleep(cold);
		let message;
		try {
			message = JSON.parse(line);
		} catch {
			return say({ jsonrpc: '2.0', id: null, error: { code: CODE.parse, message: 'this is no JSON' } });
		}
		if (message.method === undefined)
			session.heard(message);
		else if (message.id !== undefined)
			await serve(message);
		else if (message.method === 'notifications/cancelled') {
			running.get(message.params?.requestId)?.();
			running.delete(message.params?.requestId);
		}
	};
	const lines = createInterface({ input: process.stdin, crlfDelay: Infinity });
	lines.on('line', receive);
	lines.on('close', () => {
		server.record({ event: 'end of input' });
		if (!server.options.stubborn)
			process.exit(0);
		setInterval(() => {}, 1 << 30);
	});
	process.on('SIGTERM', () => {
		server.record({ event: 'SIGTERM' });
		if (!server.options.stubborn)
			process.exit(0);
	});
}
