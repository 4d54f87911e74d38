/*
 * approve.js - what the approve page does beyond deciding, which works without it: it shows the arguments of the call, counts the
 * time down, and keeps two presses of a button from becoming two decisions.
 *
 * The link carries the arguments in its fragment, which no browser sends to any server: `#a=` and the canonical JSON in base64url,
 * or `#cut` where they were too long. They are shown as those of the call only when their SHA-256 with the salt of
 * the page is the digest that the gateway recorded. Everything is shown as text, never as markup.
 */
'use strict';
(function () {
	const SHOWN_MAX = 60000; /* characters */
	const DEPTH_SHOWN = 16; /* levels that are indented */
	const PRESS_MS = 3000; /* a second press within this time is the same one */
	const SOON_S = 60;
	/* Characters that nobody sees, as in shared/utf8.c. */
	const UNSEEN = new RegExp('([\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f' +
	    '\\u0890\\u0891\\u08e2\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\u2800\\u3164' +
	    '\\ufe00-\\ufe0d\\ufeff\\uffa0\\ufff0-\\ufffb\\u{110bd}\\u{110cd}\\u{13430}-\\u{1343f}\\u{1bca0}-\\u{1bca3}' +
	    '\\u{1d173}-\\u{1d17a}\\u{e0000}-\\u{e0fff}\\p{Noncharacter_Code_Point}])', 'u');
	const byId = (id) => document.getElementById(id);

	/* ---- Arguments ---- */

	function bytesOf(base64url) {
		const text = atob(base64url.replace(/-/g, '+').replace(/_/g, '/'));
		const bytes = new Uint8Array(text.length);
		for (let i = 0; i < text.length; i++)
			bytes[i] = text.charCodeAt(i);
		return bytes;
	}

	async function digestOf(salt, bytes) {
		const before = new TextEncoder().encode(salt);
		const all = new Uint8Array(before.length + bytes.length);
		all.set(before);
		all.set(bytes, before.length);
		const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', all));
		return Array.from(digest, (b) => b.toString(16).padStart(2, '0')).join('');
	}

	/* Text in an element of a class; the classes are those of style.css. */
	function piece(name, text) {
		const span = document.createElement('span');
		span.className = name;
		span.textContent = text;
		return span;
	}

	/* What is between the quotation marks of a string. Its lines are shown as lines, behind the mark that stands for their end. */
	function addString(to, text) {
		for (const part of text.match(/\\u[0-9a-fA-F]{4}|\\.|[^\\]+/gs) || []) {
			if (part === '\\n') {
				to.append(piece('mark', part), '\n');
			} else if (part[0] === '\\') {
				to.append(piece('mark', part));
			} else {
				part.split(UNSEEN).forEach((text, i) => to.append(i % 2 === 0 ? text :
				    piece('odd', '[U+' + text.codePointAt(0).toString(16).toUpperCase().padStart(4, '0') + ']')));
			}
		}
	}

	/* bdi: writing from right to left inside does not move what is around it. What follows stays behind the last line. */
	function stringOf(token, next) {
		const bdi = document.createElement('bdi');
		bdi.append('"');
		addString(bdi, token.slice(1, -1));
		bdi.append('"');
		if (next === ':')
			bdi.className = 'name';
		if (next === ':' || !token.includes('\\n'))
			return bdi;
		const lines = piece('lines', '');
		lines.append(bdi, next === ',' ? next : '');
		return lines;
	}

	/* A line of its own, indented as deep; what does not fit goes on a little further in. */
	function addLine(to, depth) {
		const line = to.appendChild(piece('line', ''));
		line.style.paddingLeft = Math.min(depth, DEPTH_SHOWN) * 2 + 2 + 'ch';
		return line;
	}

	/* JSON laid out, every token as it is written: a number keeps all its digits. Returns how many characters did not fit. */
	function layOut(to, json) {
		const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^"{}[\],:]+|"/gs;
		let depth = 0;
		let line = addLine(to, depth);
		for (let match; (match = tokens.exec(json)) !== null;) {
			const token = match[0];
			const next = json[tokens.lastIndex];
			if (tokens.lastIndex > SHOWN_MAX) {
				addLine(to, 0).append('...');
				return json.length - match.index;
			}
			if ((token === '}' || token === ']') && !/[{[]/.test(json[match.index - 1]))
				line = addLine(to, --depth);
			if (token[0] === '"')
				line.append(stringOf(token, next));
			else if (token === ':')
				line.append(': ');
			else if (token !== ',' || !line.lastChild || line.lastChild.className !== 'lines')
				line.append(token);
			if ((token === '{' || token === '[') && next !== '}' && next !== ']')
				line = addLine(to, ++depth);
			else if (token === ',')
				line = addLine(to, depth);
		}
		return 0;
	}

	function say(kind, text) {
		byId('args-said').className = kind;
		byId('args-said').textContent = text;
	}

	function show(bytes) {
		const json = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(bytes);
		const left = layOut(byId('args-text'), json);
		byId('args-text').hidden = false;
		return left;
	}

	/* Nothing is shown. */
	function clear() {
		byId('args-text').textContent = '';
		byId('args-text').hidden = true;
		byId('args-unchecked').hidden = true;
		byId('args').insertBefore(byId('args-text'), byId('args-unchecked'));
		byId('args').classList.remove('waiting', 'doubt');
	}

	function showUnchecked(bytes) {
		say('warn', 'Not checked: without https this page cannot tell whether what the link carries are the arguments of ' +
		    'this call. Do not rely on it.');
		show(bytes);
		byId('args-unchecked').append(byId('args-text'));
		byId('args-unchecked').hidden = false;
	}

	/* What is said when they have proved right. */
	function exactly(left) {
		return left === 0 ? 'These are exactly the arguments of this call.' :
		    'These are exactly the arguments of this call, as far as they are shown: they go on for ' + left + ' more characters.';
	}

	function refuse() {
		clear();
		say('bad', 'Do not approve: the arguments in this link are not those of this call. The link was damaged or altered. ' +
		    'Open it once more from the message; if it stays like this, deny.');
		byId('args').classList.add('doubt');
	}

	async function showArguments() {
		const data = byId('args').dataset;
		const hash = location.hash;
		const carried = /^#a=([A-Za-z0-9_-]+)/.exec(hash);
		clear();
		if (carried === null) {
			say('warn', (hash === '#cut' ? 'Not shown: they are too long for a link.' :
			    'Not shown: this link came without them.') + ' You cannot see here what exactly the agent wants to do.');
			return;
		}
		try {
			const bytes = bytesOf(carried[1]);
			if (!window.isSecureContext || !window.crypto || !crypto.subtle) {
				showUnchecked(bytes);
				return;
			}
			/* They take their place at once, so that nothing jumps, and are seen when they have proved right. */
			const sentence = exactly(show(bytes));
			say('good', sentence);
			byId('args').classList.add('waiting');
			const digest = await digestOf(data.salt, bytes);
			if (hash !== location.hash)
				return;
			if (digest !== data.digest)
				throw new Error('not the arguments of this call');
			byId('args').classList.remove('waiting');
			say('good', sentence);
		} catch (_) {
			if (hash === location.hash)
				refuse();
		}
	}

	/* ---- Time ---- */

	function spanText(s) {
		const two = (n) => String(n).padStart(2, '0');
		if (s >= 86400)
			return Math.floor(s / 86400) + ' d ' + Math.floor(s % 86400 / 3600) + ' h';
		if (s >= 3600)
			return Math.floor(s / 3600) + ' h ' + two(Math.floor(s % 3600 / 60)) + ' min';
		return s >= 60 ? Math.floor(s / 60) + ' min ' + two(s % 60) + ' s' : s + ' s';
	}

	function countDown() {
		const left = byId('left');
		const seconds = parseInt(left.dataset.seconds, 10);
		const end = Date.now() + seconds * 1000; /* the server's clock is not needed for a difference */
		let before = seconds;
		function tick() {
			const s = Math.max(0, Math.ceil((end - Date.now()) / 1000));
			left.textContent = s > 0 ? spanText(s) : 'no time';
			left.classList.toggle('soon', s <= SOON_S);
			if (s === 0)
				byId('said').textContent = 'The time is over: the call counts as denied.';
			else if (before > SOON_S && s <= SOON_S)
				byId('said').textContent = 'One minute is left.';
			before = s;
			if (s > 0)
				setTimeout(tick, Math.max(50, (end - Date.now()) % 1000));
		}
		if (seconds >= 0)
			tick();
	}

	/* ---- Buttons ---- */

	function guardButtons(form) {
		let pressed = 0;
		form.addEventListener('submit', (event) => {
			if (Date.now() - pressed < PRESS_MS)
				event.preventDefault();
			else
				pressed = Date.now();
		});
		/* Enter in a field decides nothing. */
		form.addEventListener('keydown', (event) => {
			if (event.key === 'Enter' && event.target.tagName === 'INPUT')
				event.preventDefault();
		});
		window.addEventListener('pageshow', () => { pressed = 0; });
	}

	/* A wrong PIN brings the form back by another address, which gets the fragment too. */
	function carryFragment(form) {
		if (byId('pin') !== null)
			form.setAttribute('action', '?' + location.hash);
	}

	/*
	 * In the page of a pending call this runs before the form is read, so that the arguments take their place before there is anything
	 * below. The fragment stays in the address: taken out, a reload (a phone that woke up) would show a page without them. When all
	 * is decided it goes.
	 */
	if (byId('args') !== null) {
		showArguments();
		countDown();
		document.addEventListener('DOMContentLoaded', () => {
			const form = byId('ask');
			guardButtons(form);
			carryFragment(form);
			window.addEventListener('hashchange', () => {
				showArguments();
				carryFragment(form);
			});
		});
	} else if (location.hash !== '') {
		history.replaceState(null, '', location.pathname + location.search);
	}
})();
