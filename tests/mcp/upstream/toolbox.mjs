/*
 * toolbox.mjs - all tools in the order in which they are listed, and what a tool is.
 */
import { asking } from './tools_asking.mjs';
import { odd } from './tools_odd.mjs';
import { plain } from './tools_plain.mjs';
import { CODE, Fault } from './protocol.mjs';
import { system } from './tools_system.mjs';
import { taskTools } from './tasks.mjs';

const NO_ARGUMENTS = { type: 'object', properties: {} };
const mismatch = (why) => new Fault(CODE.header, why, undefined, 400);

/* =?base64?...?= of a header, or the value as it is. */
function decoded(value) {
	const match = /^=\?base64\?(.*)\?=$/s.exec(value);
	if (!match)
		return value;
	const bytes = Buffer.from(match[1], 'base64');
	if (bytes.toString('base64') !== match[1])
		throw mismatch('a header value is no Base64');
	return bytes.toString('utf8');
}

class Tool {
	constructor({ name, description = `The tool ${name} of the tests.`, inputSchema = NO_ARGUMENTS, run, task, before, define, ...rest }) {
		Object.assign(this, { name, description, inputSchema, run, task, before, define, rest });
	}
	definition(server, era) {
		const { name, description, inputSchema, rest } = this;
		return { name, description, inputSchema, ...rest, ...this.define?.(server, era) };
	}
	/* Mcp-Param-*: each argument that its schema marks is in its header as well. */
	checkHeaders(args, headers) {
		for (const [property, schema] of Object.entries(this.inputSchema.properties ?? {})) {
			const wanted = schema['x-mcp-header'];
			if (!wanted)
				continue;
			const header = headers[`mcp-param-${wanted.toLowerCase()}`];
			const value = args[property];
			if (value === undefined || value === null)
				continue;
			if (header === undefined)
				throw mismatch(`the header Mcp-Param-${wanted} is missing`);
			const got = decoded(header);
			if (schema.type === 'integer' ? Number(got) !== value : got !== String(value))
				throw mismatch(`the header Mcp-Param-${wanted} does not match`);
		}
	}
}

export function toolbox(options) {
	const filler = Array.from({ length: options.filler }, (_, i) => ({
		name: `test_filler_${i + 1}`,
		inputSchema: { type: 'object', properties: { path: { type: 'string', description: 'any text' }, deep: { type: 'boolean' } }, required: ['path'] },
		run: () => ({ content: [{ type: 'text', text: 'filled' }] }),
	}));
	const all = [...plain, ...asking, ...odd, ...(options.eras.includes('modern') ? taskTools : []), ...(options.system ? system : []), ...filler];
	return all.map((tool) => new Tool(tool));
}
