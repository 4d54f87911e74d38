/*
 * tools_plain.mjs - tools that answer for themselves: those of the conformance suite, then those with which tests look at what
 * arrived and how often it ran. The first one can be called without arguments: the suite does.
 */
import { LEVELS, failed, sleep, text } from './protocol.mjs';
import { PNG, WAV } from './resources.mjs';

const image = { type: 'image', data: PNG, mimeType: 'image/png' };
const embedded = (uri, mimeType, content) => ({ type: 'resource', resource: { uri, mimeType, text: content } });
const STEP_MS = 50;
const RETRY_MS = 500;

const schema2020 = {
	$schema: 'https://json-schema.org/draft/2020-12/schema',
	type: 'object',
	$defs: { address: { $anchor: 'addressDef', type: 'object', properties: { street: { type: 'string' }, city: { type: 'string' } } } },
	properties: {
		name: { type: 'string' }, address: { $ref: '#/$defs/address' }, contactMethod: { type: 'string', enum: ['phone', 'email'] },
		phone: { type: 'string' }, email: { type: 'string' },
	},
	allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
	if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
	then: { required: ['phone'] },
	else: { required: ['email'] },
	additionalProperties: false,
};

async function inSteps(exchange, each) {
	for (const step of [0, 1, 2]) {
		if (step > 0)
			await sleep(STEP_MS, exchange.signal);
		each(step);
	}
}
async function slowly({ seconds = 1, steps = 5 }, exchange) {
	for (let step = 1; step <= steps; step++) {
		await sleep(seconds * 1000 / steps, exchange.signal);
		exchange.progress(step, steps, `step ${step}`);
	}
	return text(`took ${seconds} s`);
}

export const plain = [
	{ name: 'test_simple_text', run: () => text('This is a simple text response for testing.') },
	{ name: 'test_image_content', run: () => ({ content: [image] }) },
	{ name: 'test_audio_content', run: () => ({ content: [{ type: 'audio', data: WAV, mimeType: 'audio/wav' }] }) },
	{
		name: 'test_embedded_resource',
		run: () => ({ content: [embedded('test://embedded-resource', 'text/plain', 'This is an embedded resource content.')] }),
	},
	{
		name: 'test_multiple_content_types',
		run: () => ({
			content: [
				{ type: 'text', text: 'Multiple content types test:' }, image,
				embedded('test://mixed-content-resource', 'application/json', JSON.stringify({ test: 'data', value: 123 })),
			],
		}),
	},
	{
		name: 'test_tool_with_logging',
		run: async (args, exchange) => {
			const said = ['Tool execution started', 'Tool processing data', 'Tool execution completed'];
			await inSteps(exchange, (step) => exchange.log('info', said[step]));
			return text('logged');
		},
	},
	{
		name: 'test_logging_tool',
		run: (args, exchange) => {
			for (const level of LEVELS)
				exchange.log(level, `said at ${level}`);
			return text('logged at every level');
		},
	},
	{
		name: 'test_tool_with_progress',
		run: async (args, exchange) => {
			await inSteps(exchange, (step) => exchange.progress(step * 50, 100));
			return text('done');
		},
	},
	{ name: 'test_error_handling', run: () => failed('This tool intentionally returns an error for testing') },
	{
		name: 'test_reconnection',
		run: async (args, exchange) => {
			exchange.transport.comeAgain?.(RETRY_MS);
			await sleep(2 * STEP_MS, exchange.signal);
			return text('still connected');
		},
	},
	{ name: 'json_schema_2020_12_tool', description: 'Tool with JSON Schema 2020-12 features', inputSchema: schema2020, run: () => text('valid') },
	{ name: 'greet', inputSchema: { type: 'object', properties: { name: { type: 'string' } } }, run: ({ name }) => text(`Hello, ${name}!`) },
	{
		name: 'test_header_param',
		inputSchema: {
			type: 'object',
			properties: {
				region: { type: 'string', 'x-mcp-header': 'Region' }, priority: { type: 'integer', 'x-mcp-header': 'Priority' },
				verbose: { type: 'boolean', 'x-mcp-header': 'Verbose' }, query: { type: 'string' },
			},
			required: ['region'],
		},
		run: ({ region }) => text(`in ${region}`),
	},
	{
		name: 'test_trigger_tool_change',
		run: (args, { server }) => {
			server.extra = !server.extra;
			server.changed('tools');
			return text('the list of tools is another one');
		},
	},
	{
		name: 'test_trigger_prompt_change',
		run: (args, { server }) => {
			server.extra = !server.extra;
			server.changed('prompts');
			return text('the list of prompts is another one');
		},
	},

	/* Not of the suite. */
	{
		name: 'test_counter', inputSchema: { type: 'object', properties: { label: { type: 'string' } } },
		run: ({ label }, { server }) => {
			server.count += 1;
			server.record({ event: 'counted', label, count: server.count });
			return text(`count ${server.count}`);
		},
	},
	{
		name: 'test_echo', inputSchema: { type: 'object', additionalProperties: true },
		run: (args, { params, transport, era, capabilities }) =>
			text(JSON.stringify({ era, capabilities, params, headers: transport.headers })),
	},
	{
		name: 'test_slow', inputSchema: { type: 'object', properties: { seconds: { type: 'number' }, steps: { type: 'integer' } } },
		run: slowly,
	},
	{
		name: 'test_structured', outputSchema: { type: 'object', properties: { sum: { type: 'number' } }, required: ['sum'] },
		inputSchema: { type: 'object', properties: { a: { type: 'number' }, b: { type: 'number' } } },
		run: ({ a = 1, b = 2 }) => text(JSON.stringify({ sum: a + b }), { structuredContent: { sum: a + b } }),
	},
	{
		/* Which earlier revisions do not allow. */
		name: 'test_array_output', define: (server, era) => (era === 'modern' ? { outputSchema: { type: 'array', items: { type: 'number' } } } : {}),
		run: (args, { era }) => (era === 'modern' ? { content: [], structuredContent: [1, 2, 3] } : text('[1,2,3]')),
	},
	{ name: 'test__dunder__name', run: () => text('found by its whole name') },
	{
		name: 'test_links',
		run: () => ({
			content: [{ type: 'resource_link', uri: 'test://static-text', name: 'a link' }, embedded('test://static-text', 'text/plain', 'embedded')],
		}),
	},
	{
		name: 'test_update_resource',
		run: (args, { server }) => {
			server.changed('resources', 'test://watched-resource');
			return text('updated');
		},
	},
	{
		name: 'test_changing', define: (server) => ({ description: `Definition ${server.definition}.` }),
		run: (args, { server }) => text(`definition ${server.definition}`),
	},
	{
		name: 'test_redefine',
		run: (args, { server }) => {
			server.definition += 1;
			server.changed('tools');
			return text('test_changing is another one');
		},
	},
	{ name: 'test_extra', run: () => text('extra') },
];
