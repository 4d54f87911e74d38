/*
 * suite.mjs URL REVISION LABEL [EXCEPTIONS] - runs the public conformance suite against a server and makes one line of each of its
 * checks on descriptor 3, as tests/run.sh reads them.
 *
 * EXCEPTIONS is a file of lines "LABEL REVISION SCENARIO:CHECK reason"; a * stands for anything. What is listed and fails is said
 * and not counted; a line of which nothing fails is a failure of the list. A warning of the suite is a failure here.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const RESULTS = 3;
const [url, revision, label, exceptionsFile] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
const suite = join(here, 'node_modules/@modelcontextprotocol/conformance');
const out = mkdtempSync(join(tmpdir(), 'enforgate-suite.'));

const exceptions = (exceptionsFile ? readFileSync(exceptionsFile, 'utf8') : '').split('\n')
	.filter((line) => line && !line.startsWith('#'))
	.map((line) => /^(\S+) (\S+) (\S+) (.*)$/.exec(line).slice(1))
	.filter(([forLabel, forRevision]) => ['*', label].includes(forLabel) && ['*', revision].includes(forRevision))
	.map(([, , check, reason]) => ({ check, reason, failed: false, matches: new RegExp(`^${check.replaceAll('*', '.*')}$`) }));
const say = (line) => writeSync(RESULTS, line.replace(/\s+/g, ' ').slice(0, 600) + '\n');

function judge(scenario, { id, status, errorMessage }, count) {
	const name = `${label} ${revision} ${scenario}: ${id}${count > 1 ? ` (${count})` : ''}`;
	const exception = exceptions.find(({ matches }) => matches.test(`${scenario}:${id}`));
	if (status === 'SUCCESS')
		say(`ok ${name}`);
	else if (status === 'FAILURE' || status === 'WARNING') {
		if (!exception)
			return say(`not ok ${name}: ${status}: ${errorMessage ?? ''}`);
		exception.failed = true;
		console.log(`excepted: ${name}: ${exception.reason}`);
	}
}

/* The scenarios that a revision asks of servers, scored or not: from the list that comes with the suite. */
function expected() {
	const list = readFileSync(join(suite, 'requirements', `${revision}.yaml`), 'utf8');
	return [...list.split(/^server:\s*$/m)[1].split(/^\S/m)[0].matchAll(/^\s+- (\S+)/gm)].map((match) => match[1]);
}

const args = ['--import', join(here, 'globsync.mjs'), join(suite, 'dist/index.js'), 'server', '--url', url, '--requirements', revision, '-o', out];
const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: out });
let words = '';
child.stdout.on('data', (data) => { words += data; });
child.stderr.on('data', (data) => { words += data; });
child.on('close', () => {
	const ran = Object.fromEntries(readdirSync(out).map((dir) => [/^server-(.*)-\d{4}-\d\d-\d\dT/.exec(dir)?.[1], dir]));
	for (const scenario of new Set([...expected(), ...Object.keys(ran)])) {
		const seen = {};
		let checks;
		try {
			checks = JSON.parse(readFileSync(join(out, ran[scenario], 'checks.json'), 'utf8'));
		} catch {
			say(`not ok ${label} ${revision} ${scenario}: it did not run: ${words.slice(-400)}`);
			continue;
		}
		for (const check of checks)
			judge(scenario, check, seen[check.id] = (seen[check.id] ?? 0) + 1);
	}
	for (const { check, failed } of exceptions.filter((exception) => !exception.failed))
		say(`not ok ${label} ${revision} ${check}: it is excepted, but did not fail: take it off the list`);
	rmSync(out, { recursive: true });
});
