/*
 * tools_system.mjs - with --system: what a stdio upstream can do to the machine it runs on, for tests of its cage.
 */
import { execFile, spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { failed, text } from './protocol.mjs';

const takes = (...names) => ({ type: 'object', properties: Object.fromEntries(names.map((name) => [name, { type: 'string' }])) });
const attempt = (doing) => doing.then((got) => text(String(got)), (error) => failed(`${error.code ?? ''} ${error.message}`));

export const system = [
	{ name: 'test_read_file', inputSchema: takes('path'), run: ({ path }) => attempt(readFile(path, 'utf8')) },
	{ name: 'test_write_file', inputSchema: takes('path', 'content'), run: ({ path, content }) => attempt(writeFile(path, content).then(() => 'written')) },
	{
		name: 'test_run', inputSchema: takes('command'),
		run: ({ command }) => new Promise((resolve) => execFile('/bin/sh', ['-c', command], { timeout: 10000 }, (error, out, err) =>
			resolve(text(JSON.stringify({ code: error ? error.code ?? 'none' : 0, out, err }), { isError: Boolean(error) })))),
	},
	/* A child that outlives its parent unless somebody ends it; in a session of its own with `away`. */
	{
		name: 'test_spawn', inputSchema: { type: 'object', properties: { away: { type: 'boolean' } } },
		run: ({ away = false }) => {
			const child = spawn('sleep', ['600'], { detached: away, stdio: 'ignore' });
			child.unref();
			return text(String(child.pid));
		},
	},
	{ name: 'test_environment', run: () => text(JSON.stringify(process.env)) },
	{ name: 'test_pid', run: () => text(String(process.pid)) },
	{
		name: 'test_memory', inputSchema: { type: 'object', properties: { megabytes: { type: 'integer' } } },
		run: ({ megabytes = 64 }) => text(String(Array.from({ length: megabytes }, () => Buffer.alloc(1 << 20, 1)).length)),
	},
	{ name: 'test_stderr', inputSchema: takes('line'), run: ({ line }) => (console.error(line), text('said on stderr')) },
];
