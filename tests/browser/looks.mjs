/* looks.mjs - what the pages look like: on a phone, light and dark, with hostile names; for eyes (screenshots) and for axe-core. */
import { accessible, ask, check, heading, is, like, open, pressed, screenshot, visit } from './lib.mjs';

const MAIL = JSON.stringify({ to: ['ana@example.com', 'legal@example.com'], subject: 'Contract 2026-118', dryRun: false,
	body: 'Hi Ana,\n\nthe contract is attached.\nPlease sign it by Friday.\n\nBest\nSam' });

/* Nothing to scroll sideways, and everything to press is large enough for a thumb. */
async function fits(page, name) {
	const found = await page.evaluate(() => {
		const root = document.documentElement;
		const small = [];
		for (const e of document.querySelectorAll('a, button, input, summary')) {
			const boxes = [e, ...(e.labels ?? [])].map((one) => one.getBoundingClientRect());
			if (boxes[0].width > 0 && !boxes.some((box) => box.width >= 44 && box.height >= 44))
				small.push(`${e.name || e.tagName}: ${boxes.map((box) => `${box.width}x${box.height}`).join(', ')}`);
		}
		return { wide: root.scrollWidth - root.clientWidth, small };
	});
	is(`${name}: nothing to scroll sideways`, found.wide, 0);
	is(`${name}: targets of 44px`, found.small.join('; '), '');
}

/* A slow phone on a slow line: what was painted once stays where it is. */
async function steady() {
	const { url } = await ask('pinned', 'send_steady', MAIL);
	await visit({}, async (page) => {
		const device = await page.context().newCDPSession(page);
		await device.send('Emulation.setCPUThrottlingRate', { rate: 6 });
		await device.send('Network.emulateNetworkConditions', { offline: false, latency: 100, downloadThroughput: 8000, uploadThroughput: 8000 });
		await page.addInitScript(() => {
			window.moved = 0;
			window.shifts = [];
			new PerformanceObserver((list) => list.getEntries().forEach((entry) => {
				window.moved += entry.value;
				window.shifts.push(`${entry.value}: ${entry.sources.map((s) => s.node && (s.node.id || s.node.className || s.node.nodeName)).join(' ')}`);
			})).observe({ type: 'layout-shift', buffered: true });
		});
		await open(page, url);
		await page.waitForTimeout(500);
		like('the arguments are shown', await page.locator('#args-said').innerText(), /exactly/);
		const { moved, shifts } = await page.evaluate(() => ({ moved: window.moved, shifts: window.shifts.join('; ') }));
		check('nothing jumps', moved < 0.005, shifts); /* the seconds that run take a little */
	});
}

async function everyPage(scheme) {
	const options = { colorScheme: scheme, deviceScaleFactor: 2 };
	const { url } = await ask('pinned', scheme === 'light' ? 'send_email' : 'send_mail', MAIL);
	const late = await ask('hasty', 'send_late', MAIL);
	const begun = Date.now();
	const look = async (page, name) => {
		await fits(page, name);
		await screenshot(page, `${name}-${scheme}`);
		await accessible(page, name);
	};
	await visit(options, async (page) => {
		await open(page, url);
		await look(page, 'ask');
		await page.locator('label', { hasText: '8 hours' }).click();
		await page.getByLabel('PIN').fill('0000');
		await pressed(page, 'Approve');
		await look(page, 'pin');
		await open(page, url.replace(/#.*/, '#a=e30'));
		await look(page, 'tampered');
		await open(page, url.replace(/#.*/, '#cut'));
		await look(page, 'cut');
		await page.getByLabel('PIN').fill('4711-right');
		await page.locator('label', { hasText: '8 hours' }).click();
		await pressed(page, 'Approve');
		is('done', await heading(page), 'Approved');
		await look(page, 'done');
		await open(page, url);
		await look(page, 'gone');
		await open(page, url.replace(/approve\/.{6}/, 'approve/AAAAAA'));
		await look(page, 'problem');
		await page.waitForTimeout(Math.max(0, 3500 - (Date.now() - begun)));
		await open(page, late.url);
		is('expired', await heading(page), 'Too late: nobody decided in time');
		await look(page, 'expired');
	});
}

async function narrow() {
	const { url } = await ask('pinned', 'send_narrow', MAIL);
	await visit({ viewport: { width: 320, height: 568 } }, async (page) => {
		await open(page, url);
		await page.locator('label', { hasText: '1 hour' }).click();
		await fits(page, 'narrow');
		await screenshot(page, 'narrow');
	});
}

async function wide() {
	const { url } = await ask('agent', 'send_wide', MAIL);
	await visit({ viewport: { width: 1200, height: 900 } }, async (page) => {
		await open(page, url);
		await fits(page, 'wide');
		const box = await page.locator('main').boundingBox();
		check('a card in the middle', box.width <= 600 && Math.abs(box.x * 2 + box.width - 1200) < 2, JSON.stringify(box));
		await screenshot(page, 'wide');
	});
}

/* Names and reason come from agents and policies; the key's name is put into the database by hand, as no command takes it. */
async function hostileNames() {
	const tool = `send_<img src=x onerror="alert(1)">${'W'.repeat(150)}`;
	const { url } = await ask('hostile', tool, '{}', `"><script>alert(1)</script>\u202Eliam\u202C`);
	await visit({}, async (page) => {
		page.on('dialog', (dialog) => { check('no script runs', false, dialog.message()); dialog.dismiss(); });
		await open(page, url);
		const text = await page.locator('main').innerText();
		like('the tool is text', text, /send_<img src=x onerror="alert\(1\)">W{150}/);
		like('the server is text, and shows what turns it round', text, /on "><script>alert\(1\)<\/script>\[U\+202E\]liam\[U\+202C\]/);
		like('the key is text', text, /^[^]*<b onclick=alert\(1\)>key<\/b>\[U\+202E\]yek asks to call/);
		like('the reason is text', text, /<\/section><script>alert\(1\)<\/script> \{\{tool\}\} \[U\+200B\]looks/);
		is('no element comes of them', await page.locator('h1 :not(span, bdi), .why :not(h2, p, bdi, time), main img').count(), 0);
		is('one script, that of the page', await page.locator('script').count(), 1);
		await fits(page, 'hostile');
		await screenshot(page, 'hostile');
		await accessible(page, 'hostile');
		await pressed(page, 'Deny');
		like('the next page too', await page.locator('main').innerText(), /send_<img src=x/);
	});
}

/* A reader of the page in order: what is a heading, a field, a button, and what it is called. */
async function forReaders() {
	const { url } = await ask('pinned', 'send_readers', MAIL);
	await visit({}, async (page) => {
		await open(page, url);
		await page.locator('label', { hasText: '1 hour' }).click();
		const tree = await page.locator('main').ariaSnapshot();
		for (const part of [/heading "pinned asks to call send_readers on mail" \[level=1\]/, /heading "Why you are asked" \[level=2\]/,
			/heading "Arguments" \[level=2\]/, /group "Approve for how long\?"/, /radio "1 hour" \[checked\]/, /radio "24 hours"/,
			/checkbox "With these arguments only"/, /spinbutton "At most calls"/, /textbox "PIN, to approve"/,
			/button "Deny refuse this call"/, /button "Approve this tool for 1 hour"/])
			check(`reads ${part.source}`, part.test(tree), tree);
		is('language', await page.locator('html').getAttribute('lang'), 'en');
		like('title', await page.title(), /^Approve send_readers for pinned\?/);
	});
}

export const looks = [
	['light', () => everyPage('light')],
	['dark', () => everyPage('dark')],
	['slow phone', steady],
	['narrow phone', narrow],
	['wide window', wide],
	['hostile names', hostileNames],
	['screen reader', forReaders],
];
