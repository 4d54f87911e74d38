/* decide.mjs - approving and denying as people do it: with a thumb, with a keyboard, without JavaScript, too late, with a PIN. */
import { ask, check, heading, is, like, open, pressed, settled, visit } from './lib.mjs';

const MAIL = '{"to":"ana@example.com","subject":"Contract"}';
const field = (page, name) => page.locator(`[name=${name}]`);

async function approveOnce() {
	const { url } = await ask('agent', 'send_once', MAIL);
	await visit({}, async (page) => {
		const answer = await open(page, url);
		is('status', answer.status(), 200);
		like('who asks for what', await heading(page), /^agent asks to call\s+send_once\s+on mail$/);
		like('why', await page.locator('.why').innerText(), /a person looks/);
		like('how long it is valid', await page.locator('.left').innerText(), /1[45] min \d\d s left/);
		like('what Approve does', await page.getByRole('button', { name: 'Approve' }).innerText(), /^Approve\s+this one call$/);
		like('what Deny does', await page.getByRole('button', { name: 'Deny' }).innerText(), /^Deny\s+refuse this call$/);
		check('once is preselected', await page.getByLabel('Once').isChecked());
		await pressed(page, 'Approve');
		like('approved', await heading(page), /^Approved$/);
		like('for once', await page.locator('main').innerText(), /agent may call send_once on mail: this one call/);
		is('the arguments have left the address', new URL(page.url()).hash, '');
		const again = await open(page, url);
		is('used: status', again.status(), 410);
		is('used', await heading(page), 'Already approved');
	});
}

async function denyIt() {
	const { url } = await ask('agent', 'send_denied', MAIL);
	await visit({}, async (page) => {
		await open(page, url);
		await pressed(page, 'Deny');
		is('denied', await heading(page), 'Denied');
		const again = await open(page, url);
		is('used: status', again.status(), 410);
		is('used', await heading(page), 'Already denied');
	});
}

async function forATime() {
	const { url } = await ask('agent', 'send_timed', MAIL);
	await visit({}, async (page) => {
		await open(page, url);
		check('no limits for once', !await field(page, 'calls').isVisible());
		await page.locator('label', { hasText: '8 hours' }).click();
		like('the button says it', await page.getByRole('button', { name: 'Approve' }).innerText(), /this tool for 8 hours/);
		await page.getByLabel('With these arguments only').check();
		await field(page, 'calls').fill('5');
		await pressed(page, 'Approve');
		like('approved for a time', await page.locator('main').innerText(),
		    /every call of this tool for 8 hours, until .*with these arguments only; at most 5 calls/);
	});
}

async function onceOnly() {
	const { url } = await ask('strict', 'send_strict', MAIL);
	await visit({}, async (page) => {
		await open(page, url);
		is('no picker', await field(page, 'duration').count(), 0);
		await pressed(page, 'Approve');
		is('approved', await heading(page), 'Approved');
	});
}

async function twoPresses() {
	const { url } = await ask('agent', 'send_double', MAIL);
	await visit({}, async (page) => {
		await open(page, url);
		await Promise.all([page.waitForEvent('load'), page.getByRole('button', { name: 'Approve' }).dblclick()]);
		await page.waitForTimeout(300);
		is('one decision, and the page that says so', await heading(page), 'Approved');
	});
}

async function tooLate() {
	const { url } = await ask('hasty', 'send_late', MAIL);
	await visit({}, async (page) => {
		await open(page, url);
		check('the end is near', await page.locator('#left.soon').count() === 1);
		await page.waitForFunction(() => document.getElementById('left').textContent === 'no time');
		like('told', await page.getByRole('status').first().innerText(), /time is over.*denied/);
		await page.waitForTimeout(1100); /* the page counts whole seconds, and never too many */
		await pressed(page, 'Approve');
		is('expired', await heading(page), 'Too late: nobody decided in time');
	});
}

async function withPin() {
	const { url } = await ask('pinned', 'send_pin', MAIL);
	await visit({}, async (page) => {
		await open(page, url);
		await page.locator('label', { hasText: '1 hour' }).click();
		await field(page, 'calls').fill('7');
		await page.getByLabel('PIN').fill('0000');
		await pressed(page, 'Approve');
		like('wrong: says so', await page.getByRole('alert').innerText(), /PIN is wrong.*4 tries are left/);
		check('wrong: asks again, there', await page.getByLabel('PIN').evaluate((e) => e === document.activeElement && e.value === ''));
		check('wrong: the choice stays', await page.getByLabel('1 hour').isChecked());
		is('wrong: the limit stays', await field(page, 'calls').inputValue(), '7');
		like('wrong: the arguments stay', await page.locator('#args').innerText(), /exactly the arguments of this call[^]*ana@example\.com/);
		await page.getByLabel('PIN').fill('4711-right');
		await pressed(page, 'Approve');
		is('right', await heading(page), 'Approved');
		is('right: the arguments have left the address', new URL(page.url()).hash, '');
	});
}

async function tooManyPins() {
	const { url } = await ask('pinned', 'send_guess', MAIL);
	await visit({}, async (page) => {
		await open(page, url);
		for (let tries = 5; tries > 0; tries--) {
			await page.getByLabel('PIN').fill('0000');
			await pressed(page, 'Approve');
		}
		is('denied after five', await heading(page), 'Already denied');
	});
}

async function denyWithoutPin() {
	const { url } = await ask('pinned', 'send_no', MAIL);
	await visit({}, async (page) => {
		await open(page, url);
		await pressed(page, 'Deny');
		is('denied', await heading(page), 'Denied');
	});
}

async function withoutScript() {
	const { url } = await ask('agent', 'send_noscript', MAIL);
	await visit({ javaScriptEnabled: false }, async (page) => {
		await page.goto(url);
		like('says why nothing is shown', await page.locator('#args').innerText(), /Not shown: that takes JavaScript/);
		like('the time left is there', await page.locator('.left').innerText(), /1[45] minutes left/);
		await page.locator('label', { hasText: '24 hours' }).click();
		await field(page, 'calls').fill('2');
		await Promise.all([page.waitForEvent('load'), page.getByRole('button', { name: 'Approve' }).click()]);
		like('approved', await page.locator('main').innerText(), /every call of this tool for 24 hours[^]*at most 2 calls/);
	});
}

/* Name and state of what has the focus. */
const focused = (page) => page.evaluate(() => {
	const e = document.activeElement;
	const seen = e.type === 'radio' ? e.nextElementSibling : e;
	const style = getComputedStyle(seen);
	return { name: e.name || e.id || e.tagName, value: e.value, ring: style.outlineStyle === 'none' ? 0 : parseFloat(style.outlineWidth) };
});

async function byKeyboard() {
	const { url } = await ask('agent', 'send_keys', MAIL);
	await visit({}, async (page) => {
		await open(page, url);
		const way = [];
		const tab = async () => {
			await page.keyboard.press('Tab');
			const at = await focused(page);
			way.push(at.value === undefined || at.name === 'calls' ? at.name : `${at.name}=${at.value}`);
			check(`focus is seen on ${way.at(-1)}`, at.ring >= 2, `outline of ${at.ring}px`);
		};
		await tab();
		await tab();
		await page.keyboard.press('Enter');
		await page.keyboard.press('ArrowRight');
		await tab();
		await page.keyboard.press('Space');
		await tab();
		await page.keyboard.type('3');
		await page.keyboard.press('Enter');
		await page.waitForTimeout(200);
		like('Enter in a field decides nothing', await heading(page), /asks to call/);
		await tab();
		await tab();
		is('the way', way.join(' '), 'args-text duration=once these_args=1 calls action=deny action=approve');
		await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')]);
		await settled(page);
		like('approved', await page.locator('main').innerText(), /for 1 hour[^]*these arguments only; at most 3 calls/);
	});
}

async function enterWithoutScript() {
	const { url } = await ask('pinned', 'send_enter', MAIL);
	await visit({ javaScriptEnabled: false }, async (page) => {
		for (const name of ['duration', 'these_args', 'calls', 'pin']) {
			await page.goto(url);
			await page.locator('label', { hasText: '1 hour' }).click();
			await field(page, name).first().focus();
			const answered = page.waitForEvent('load', { timeout: 1000 }).catch(() => {});
			await page.keyboard.press('Enter');
			await answered; /* one that says so, or none */
			await page.goto(url);
			like(`Enter in ${name} decides nothing`, await heading(page), /asks to call/);
		}
	});
}

async function nothingHere() {
	const { url } = await ask('agent', 'send_lost', MAIL);
	await visit({}, async (page) => {
		const answer = await open(page, url.replace(/approve\/.{6}/, 'approve/AAAAAA'));
		is('status', answer.status(), 404);
		is('says so', await heading(page), 'This link is not known');
	});
}

export const decide = [
	['approve', approveOnce],
	['deny', denyIt],
	['approve for a time', forATime],
	['approve where once is all', onceOnly],
	['two presses', twoPresses],
	['too late', tooLate],
	['PIN', withPin],
	['wrong PINs', tooManyPins],
	['deny without the PIN', denyWithoutPin],
	['no JavaScript', withoutScript],
	['keyboard', byKeyboard],
	['keyboard without JavaScript', enterWithoutScript],
	['unknown link', nothingHere],
];
