/*
 * globsync.mjs - preloaded into the conformance suite where node is older than 22: its entry imports { globSync } from 'fs', which
 * came with 22 and which no run against a server calls.
 *
 * An import of a name that a module does not export fails before any code runs, so the module itself has to be another one:
 * 'fs' becomes a module that exports whatever fs has, and the missing name.
 */
import * as fs from 'node:fs';
import { register } from 'node:module';

const asUrl = (source) => 'data:text/javascript,' + encodeURIComponent(source);

if (fs.globSync === undefined) {
	const names = Object.keys(fs).filter((name) => name !== 'default');
	const standIn = asUrl(`
		import fs from 'node:fs';
		export default fs;
		export const { ${names.join(', ')} } = fs;
		export function globSync() { throw new Error('globSync: not in this node'); }
	`);
	register(asUrl(`
		export async function resolve(specifier, context, next) {
			return specifier === 'fs' ? { url: ${JSON.stringify(standIn)}, shortCircuit: true } : next(specifier, context);
		}
	`));
}
