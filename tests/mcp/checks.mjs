/*
 * checks.mjs - results of node scripts, one line each on descriptor 3, as tests/run.sh reads them.
 */
import { writeSync } from 'node:fs';

const RESULTS = 3;
const line = (words) => String(words).replace(/\s+/g, ' ').slice(0, 600);

export function ok(name) {
	writeSync(RESULTS, `ok ${line(name)}\n`);
}
export function notOk(name, why) {
	writeSync(RESULTS, `not ok ${line(name)}: ${line(why)}\n`);
}
export function check(name, holds, why = 'it is not so') {
	if (holds)
		ok(name);
	else
		notOk(name, why);
	return holds;
}
export function is(name, got, expected) {
	return check(name, JSON.stringify(got) === JSON.stringify(expected), `expected ${JSON.stringify(expected)}, got ${JSON.stringify(got)}`);
}
export function like(name, got, expression) {
	return check(name, expression.test(got), `expected something like ${expression}, got ${JSON.stringify(got)}`);
}
/* Runs one part of a script; what it throws is its failure. */
export async function part(name, body) {
	try {
		return await body();
	} catch (error) {
		notOk(name, `${error.name} ${error.code ?? ''}: ${error.message}`);
		return undefined;
	}
}
