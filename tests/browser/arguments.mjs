/* arguments.mjs - the arguments that a link carries: shown when they are those of the call, and otherwise not; sent to nobody. */
import { readFileSync, readdirSync } from 'node:fs';
import { ask, check, heading, is, like, open, plain, pressed, sent, visit } from './lib.mjs';

const MARK = 'marker-of-the-arguments';
const said = (page) => page.locator('#args-said').innerText();
const shown = (page) => page.locator('#args-text').innerText();

/* The page of a link whose fragment is changed. */
async function withFragment(tool, change, body, options = {}) {
	const made = await ask('agent', tool, `{"to":"${MARK}"}`);
	await visit(options, async (page) => {
		await open(page, made.url.replace(/#.*/, '') + change(made.fragment));
		await body(page, made);
	});
}

async function asWritten() {
	const { url } = await ask('agent', 'send_exact', `{"n":[12345678901234567890.5,1e400,0.1,-7],"e":{},"l":[],"b":[true,false,null],
	    "text":"one\\ntwo\\tthree \\"four\\" \\\\n","to":"${MARK}"}`);
	await visit({}, async (page) => {
		await open(page, url);
		is('the statement', await said(page), 'These are exactly the arguments of this call.');
		const text = await shown(page);
		like('numbers keep their digits', text, /12345678901234567890\.5,\s+1e\+?400,\s+0\.1,\s+-7/);
		like('what is empty stays together', text, /"e": \{\},[^]*"l": \[\]/);
		like('constants', text, /true,\s+false,\s+null/);
		like('a string is shown by its lines, escapes as they are', text, /"text": "one\\n\s+two\\tthree \\"four\\" \\\\n",/);
		const indents = await page.locator('#args-text > .line').evaluateAll((all) => all.map((e) => e.style.paddingLeft).join(' '));
		like('indented by depth', indents, /^2ch 4ch 6ch 6ch 6ch 4ch /);
		await page.reload();
		await page.waitForFunction(() => /exactly/.test(document.getElementById('args-said').textContent));
		like('a reload shows them again', await shown(page), new RegExp(MARK));
	});
}

async function hostile() {
	const args = JSON.stringify({ to: `<img src=x onerror="document.title='broken'"><script>document.title='broken'</script>`,
		['<b>name</b>']: '\u202Egpj.exe \u200B\u2066\u2800\uFFFE\u{1FFFF} \u05E9\u05DC\u05D5\u05DD', '__proto__': '</pre></main>', constructor: 1 });
	const { url } = await ask('agent', 'send_markup', args);
	await visit({}, async (page) => {
		await open(page, url);
		is('the statement', await said(page), 'These are exactly the arguments of this call.');
		is('no element comes of it', await page.locator('#args-text :not(span, bdi)').count(), 0);
		const text = await shown(page);
		like('markup is text', text, /"<img src=x onerror=\\"document\.title='broken'\\"><script>/);
		like('what nobody sees is shown', text, /\[U\+202E\]gpj\.exe \[U\+200B\]\[U\+2066\]\[U\+2800\]\[U\+FFFE\]\[U\+1FFFF\] שלום/);
		like('no script of it runs', await page.title(), /^Approve/);
	});
}

async function tampered() {
	const change = (fragment) => fragment.replace(/.$/, (c) => (c === 'A' ? 'B' : 'A')).replace(/^#a=(...)./, '#a=$1Z');
	await withFragment('send_tampered', change, async (page) => {
		like('the statement', await said(page), /^Do not approve: the arguments in this link are not those of this call/);
		check('nothing of them is shown', !await page.locator('#args-text').isVisible() && await page.locator('#args-text').textContent() === '');
		like('the button says it', await page.getByRole('button', { name: 'Approve' }).innerText(), /^Approve anyway/);
		check('nothing is disabled', await page.getByRole('button', { name: 'Approve' }).isEnabled());
	});
}

/* What has not proved right yet is not seen. */
async function meanwhile() {
	const { url } = await ask('agent', 'send_meanwhile', `{"to":"${MARK}"}`);
	await visit({}, async (page) => {
		await page.addInitScript(() => {
			const digest = crypto.subtle.digest.bind(crypto.subtle);
			crypto.subtle.digest = async (...all) => {
				await new Promise((resolve) => { window.goOn = resolve; });
				return digest(...all);
			};
		});
		await page.goto(url);
		await page.waitForFunction(() => window.goOn !== undefined);
		check('no arguments', !await page.getByText(MARK).isVisible());
		check('no statement', !await page.getByText('These are exactly').isVisible());
		await page.evaluate(() => window.goOn());
		await page.getByText('These are exactly').waitFor();
		check('then they are shown', await page.getByText(MARK).isVisible());
	});
}

async function ofAnotherCall() {
	const other = await ask('agent', 'send_other', '{"to":"nobody"}');
	await withFragment('send_swapped', () => other.fragment, async (page) => {
		like('the statement', await said(page), /^Do not approve/);
		check('nothing of them is shown', !/nobody/.test(await page.locator('main').innerText()));
	});
}

async function damaged() {
	for (const [name, fragment] of [['length', '#a=abcde'], ['not UTF-8', '#a=gICA'], ['cut off', null]])
		await withFragment(`send_damaged_${name.replace(/\W/g, '')}`, (good) => fragment ?? good.slice(0, -8), async (page) => {
			like(`${name}: the statement`, await said(page), /^Do not approve/);
		});
}

async function missing() {
	for (const [name, fragment] of [['none', ''], ['empty', '#'], ['another', '#section'], ['empty arguments', '#a=']])
		await withFragment(`send_missing_${name.replace(/\W/g, '')}`, () => fragment, async (page) => {
			like(`${name}: the statement`, await said(page), /^Not shown: this link came without them/);
			check(`${name}: no alarm`, !/anyway/.test(await page.getByRole('button', { name: 'Approve' }).innerText()));
		});
}

async function cut() {
	const { url, fragment } = await ask('agent', 'send_long', JSON.stringify({ body: 'x'.repeat(40000) }));
	is('the link says so', fragment, '#cut');
	await visit({}, async (page) => {
		await open(page, url);
		like('the statement', await said(page), /^Not shown: they are too long for a link/);
		await pressed(page, 'Approve');
		is('can be approved', await heading(page), 'Approved');
	});
}

async function many() {
	const list = Array.from({ length: 900 }, (_, i) => `line ${i}`);
	const { url } = await ask('agent', 'send_many', JSON.stringify({ list }));
	await visit({}, async (page) => {
		await open(page, url);
		is('the statement', await said(page), 'These are exactly the arguments of this call.');
		like('to the last one', await shown(page), /line 899/);
		const box = await page.locator('#args-text').boundingBox();
		check('in a box that scrolls', box.height < 450, `${box.height}px high`);
	});
}

async function unchecked() {
	const { url } = await ask('agent', 'send_plain', `{"to":"${MARK}"}`);
	await visit({}, async (page) => {
		await open(page, plain(url));
		like('the statement', await said(page), /^Not checked: without https/);
		check('not shown at once', !await page.locator('#args-text').isVisible());
		await page.getByText('Show what the link carries').click();
		like('shown when asked for', await shown(page), new RegExp(MARK));
	});
}

async function changedInPlace() {
	await withFragment('send_inplace', () => '', async (page, { fragment }) => {
		await page.evaluate((hash) => { location.hash = hash; }, fragment);
		await page.waitForFunction(() => /exactly/.test(document.getElementById('args-said').textContent));
		like('shown when the address gets them', await shown(page), new RegExp(MARK));
		await page.evaluate(() => { location.hash = '#cut'; });
		await page.waitForFunction(() => /too long/.test(document.getElementById('args-said').textContent));
		check('and not any more', !await page.locator('#args-text').isVisible());
	});
}

/* After all the cases above: neither the arguments nor the fragment are in what was sent or kept. */
async function nowhere() {
	const { fragment } = await ask('agent', 'send_last', `{"to":"${MARK}"}`);
	const encoded = Buffer.from(MARK).toString('base64url').slice(4, -4);
	const bytes = Buffer.concat(sent).toString('latin1');
	check('something was sent at all', bytes.includes('GET /v1/approve/') && bytes.includes('action=approve'));
	check('the mark is known as links have it', Buffer.from(fragment.slice(3), 'base64url').toString().includes(MARK));
	check('no fragment in any request', !/#a=|%23a=|#cut/.test(bytes));
	check('no arguments in any request', !bytes.includes(MARK) && !bytes.includes(encoded));
	check('no page names another as where it came from', !/^referer: .*approve\//im.test(bytes));
	const dir = process.env.STATE_DIR;
	const files = readdirSync(dir, { withFileTypes: true }).filter((e) => e.isFile() && e.name !== 'console.log').map((e) => e.name);
	check('logs and database are looked at', ['access.log', 'enforgate.db', 'responder.log'].every((name) => files.includes(name)), files.join(' '));
	const found = files.filter((name) => {
		const text = readFileSync(`${dir}/${name}`, 'latin1');
		return text.includes(MARK) || text.includes(fragment.slice(3, 30));
	});
	is('no arguments in any file but console.log', found.join(' '), '');
}

export const theArguments = [
	['arguments', asWritten],
	['hostile arguments', hostile],
	['arguments tampered with', tampered],
	['arguments being checked', meanwhile],
	['arguments of another call', ofAnotherCall],
	['damaged arguments', damaged],
	['missing arguments', missing],
	['arguments too long', cut],
	['many arguments', many],
	['arguments without https', unchecked],
	['another fragment in place', changedInPlace],
];
/* When all others are through. */
export const atTheEnd = [['arguments stay in the browser', nowhere]];
