#!/usr/bin/env node
/*
 * server.mjs - the MCP server that tests put behind the gateway: both protocol eras, HTTP and stdio, good and bad manners.
 *
 *   node server.mjs [--port N] [OPTION...]     HTTP on 127.0.0.1, any free port unless said; prints its URL once it listens
 *   node server.mjs --stdio [OPTION...]        one JSON message a line
 *
 * --era both|legacy|modern   which of the two it speaks (both)
 * --log FILE                 appends everything that was received, and what became of it, one JSON object a line
 * --token T                  HTTP: answers 401 to whoever does not send `Authorization: Bearer T`
 * --page-size N              lists in pages of so many
 * --tools N                  so many more tools, test_filler_1 and on
 * --cold S                   is silent for so many seconds after the start (HTTP: accepts and does not answer)
 * --answers json|sse|lazy    HTTP: every answer whole, every answer as a stream, or a stream only once there is something to
 *                            say before the answer (lazy)
 * --lost-status N            HTTP: what an unknown session is told (404)
 * --keep-open                HTTP: a stream stays open behind its answer
 * --stubborn                 stdio: goes on at the end of its input and on SIGTERM
 * --system                   tools that read files, run commands and start children, for tests of the sandbox
 */
import { parseArgs } from 'node:util';
import { Server } from './core.mjs';
import { serveHttp } from './http.mjs';
import { serveStdio } from './stdio.mjs';

const { values } = parseArgs({
	options: {
		port: { type: 'string', default: '0' },
		stdio: { type: 'boolean', default: false },
		era: { type: 'string', default: 'both' },
		log: { type: 'string' },
		token: { type: 'string' },
		'page-size': { type: 'string', default: '0' },
		tools: { type: 'string', default: '0' },
		cold: { type: 'string', default: '0' },
		answers: { type: 'string', default: 'lazy' },
		'lost-status': { type: 'string', default: '404' },
		'keep-open': { type: 'boolean', default: false },
		stubborn: { type: 'boolean', default: false },
		system: { type: 'boolean', default: false },
	},
});
if (!['both', 'legacy', 'modern'].includes(values.era) || !['json', 'sse', 'lazy'].includes(values.answers)) {
	console.error('server.mjs: --era both|legacy|modern, --answers json|sse|lazy');
	process.exit(2);
}
const options = {
	stdio: values.stdio,
	port: Number(values.port),
	eras: values.era === 'both' ? ['modern', 'legacy'] : [values.era],
	log: values.log,
	token: values.token,
	pageSize: Number(values['page-size']),
	filler: Number(values.tools),
	coldMs: Number(values.cold) * 1000,
	answers: values.answers,
	lostStatus: Number(values['lost-status']),
	keepOpen: values['keep-open'],
	stubborn: values.stubborn,
	system: values.system,
};
const server = new Server(options);
server.record({ event: 'start', argv: process.argv.slice(2), env: process.env, cwd: process.cwd() });
if (options.stdio)
	serveStdio(server);
else
	serveHttp(server);
