/*
 * lib.mjs - what the browser tests share: checks, a gateway behind a recording connection, and Chromium.
 *
 * Between Chromium and lighttpd stands a plain TCP forwarder that keeps every byte that the browser sent: what is not in there was
 * sent to nobody here. A page that asks another origin for anything, or that its Content-Security-Policy had to stop, fails its case.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { mkdirSync, readFileSync, writeSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';

const require = createRequire(import.meta.url);
const { chromium } = require('playwright-core');
const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const { GATEWAY_PORT, STATE_DIR, SCREENSHOTS, KEYS } = process.env;
const RESULTS = 3; /* the descriptor that tests/run.sh reads */
const keys = JSON.parse(KEYS);
const AT_ONCE = 3;
export const PHONE = { width: 390, height: 844 };
/* Not a secure context, unlike 127.0.0.1. */
const PLAIN_HOST = 'gateway.test';

/* ---- Checks ---- */

const present = new AsyncLocalStorage(); /* the name of the case */
function result(line) {
	writeSync(RESULTS, line + '\n');
}
export function ok(name) {
	result(`ok ${present.getStore()}: ${name}`);
}
export function notOk(name, why) {
	result(`not ok ${present.getStore()}: ${name}: ${String(why).replace(/\s+/g, ' ').slice(0, 600)}`);
}
export function check(name, holds, why) {
	if (holds)
		ok(name);
	else
		notOk(name, why === undefined ? 'it is not so' : why);
}
export function is(name, got, expected) {
	check(name, got === expected, `expected ${JSON.stringify(expected)}, got ${JSON.stringify(got)}`);
}
export function like(name, got, expression) {
	check(name, expression.test(got), `expected something like ${expression}, got ${JSON.stringify(got)}`);
}

/* Runs cases, a few at a time: [name, function]. What one throws is its failure. */
export async function runAll(cases) {
	const left = cases.values();
	const worker = async () => {
		for (const [name, body] of left)
			await present.run(name, () => body().catch((error) => notOk('runs to its end', error.message)));
	};
	await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/* ---- The gateway ---- */

export const sent = []; /* bytes that browsers sent */
let origin;

export async function startForwarder() {
	const server = createServer((socket) => {
		const upstream = createConnection(Number(GATEWAY_PORT), '127.0.0.1');
		socket.on('data', (bytes) => sent.push(bytes));
		socket.pipe(upstream).pipe(socket);
		for (const end of [socket, upstream])
			end.on('error', () => { socket.destroy(); upstream.destroy(); });
	});
	await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
	origin = `http://127.0.0.1:${server.address().port}`;
	return () => server.close();
}

/* A call that waits for a person: its id, and its link as the console channel delivered it, with a token of its own. */
export async function ask(keyName, tool, args, serverName = 'mail') {
	const answer = await fetch(`http://127.0.0.1:${GATEWAY_PORT}/v1/check`, {
		method: 'POST',
		headers: { Authorization: `Bearer ${keys[keyName]}`, 'Content-Type': 'application/json' },
		body: `{"serverName":${JSON.stringify(serverName)},"toolName":${JSON.stringify(tool)},"args":${args},"approval":{"request":true}}`,
	});
	const text = await answer.text();
	const id = JSON.parse(text).approval?.id;
	if (id === undefined)
		throw new Error(`no approval was made: ${text}`);
	for (let tries = 0; tries < 100; tries++) {
		const log = readFileSync(`${STATE_DIR}/console.log`, { encoding: 'utf8', flag: 'a+' });
		const link = /https?:\/\/[^/\s]+(\/v1\/approve\/\S+)/.exec(log.slice(log.indexOf(id)));
		if (log.includes(id) && link !== null)
			return { id, url: origin + link[1], fragment: new URL(origin + link[1]).hash };
		await sleep(50);
	}
	throw new Error(`no link to ${id} was delivered`);
}

/* ---- The browser ---- */

let browser;
export async function startBrowser() {
	browser = await chromium.launch({
		executablePath: '/usr/bin/chromium',
		args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
			'--disable-background-networking', '--disable-component-update', '--disable-sync',
			`--host-resolver-rules=MAP ${PLAIN_HOST} 127.0.0.1`],
	});
	return () => browser.close();
}
export const plain = (url) => url.replace('127.0.0.1', PLAIN_HOST);

/*
 * A page in a browser profile of its own, for `body`; afterwards it must have asked no other origin and broken no policy. Options are those
 * of Playwright's newContext().
 */
export async function visit(options, body) {
	const context = await browser.newContext({ viewport: PHONE, ...options });
	const faults = [];
	context.setDefaultTimeout(10000);
	context.on('request', (request) => {
		if (plain(new URL(request.url()).origin) !== plain(origin))
			faults.push(`a request to ${request.url()}`);
	});
	await context.addInitScript(() => {
		document.addEventListener('securitypolicyviolation', (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
	});
	const page = await context.newPage();
	page.on('console', (message) => {
		/* Status 403 and 410 are errors to Chromium, as they are meant to be. */
		if (message.type() === 'error' && !/^Failed to load resource: the server responded with a status of 4\d\d/.test(message.text()))
			faults.push(message.text());
	});
	page.on('pageerror', (error) => faults.push(`script: ${error.message}`));
	try {
		await body(page);
	} finally {
		await context.close();
	}
	is('nothing is asked of others, no policy is broken, no script fails', faults.join('; '), '');
}

export async function open(page, url) {
	const answer = await page.goto(url);
	await settled(page);
	return answer;
}
/* The script of the page has looked at the arguments; the page itself says that there are none without JavaScript. */
export async function settled(page) {
	await page.waitForFunction(() => {
		const said = document.getElementById('args-said');
		return document.readyState === 'complete' && (said === null || (!/JavaScript/.test(said.textContent) && !said.closest('.waiting')));
	});
}
export const heading = (page) => page.locator('h1').innerText();
export const pressed = async (page, name) => {
	await Promise.all([page.waitForEvent('load'), page.getByRole('button', { name }).click()]);
	await settled(page);
};

export async function screenshot(page, name) {
	mkdirSync(SCREENSHOTS, { recursive: true });
	await page.screenshot({ path: `${SCREENSHOTS}/${name}.png`, fullPage: true });
}

/* What axe-core finds that is serious or critical. */
export async function accessible(page, name) {
	await page.evaluate(axeSource);
	const found = await page.evaluate(() => axe.run(document, { resultTypes: ['violations'] }));
	const grave = found.violations.filter((v) => v.impact === 'serious' || v.impact === 'critical');
	check(`${name}: axe-core finds nothing serious in ${found.passes.length} rules that apply`, grave.length === 0 && found.passes.length > 5,
	    grave.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' ')}`).join('; '));
}
