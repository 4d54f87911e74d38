/*
 * clients.mjs - the clients that agents are built on, behind one set of functions:
 *   v1          @modelcontextprotocol/sdk, over HTTP
 *   v2          @modelcontextprotocol/client, over HTTP, negotiating: 2026-07-28 where it can
 *   v2-legacy   the same as it comes: 2025-11-25
 *   remote-v1, remote-v2   over stdio to mcp-remote, which goes on over HTTP
 * They answer what servers ask: a form with fixed words, a model with a fixed sentence, one root.
 */
import { Client as ClientV2, StreamableHTTPClientTransport as HttpV2 } from '@modelcontextprotocol/client';
import { StdioClientTransport as StdioV2 } from '@modelcontextprotocol/client/stdio';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as StdioV1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as HttpV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import * as schemas from '@modelcontextprotocol/sdk/types.js';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);
export const KINDS = ['v1', 'v2', 'v2-legacy', 'remote-v1', 'remote-v2'];

const answers = {
	'elicitation/create': ({ params }) => ({
		action: 'accept',
		content: Object.fromEntries(Object.entries(params.requestedSchema?.properties ?? {}).map(([name, schema]) => [name, sample(name, schema)])),
	}),
	'sampling/createMessage': () => ({ role: 'assistant', model: 'none', content: { type: 'text', text: 'sampled words' }, stopReason: 'endTurn' }),
	'roots/list': () => ({ roots: [{ uri: 'file:///roots/one', name: 'one' }] }),
};
function sample(name, { type, enum: values, oneOf, items, default: given, format }) {
	if (given !== undefined)
		return given;
	if (values)
		return values[0];
	if (oneOf)
		return oneOf[0].const;
	if (format === 'email')
		return 'ann@example.org';
	if (format)
		return { uri: 'https://example.org/', date: '2026-01-01', 'date-time': '2026-01-01T00:00:00Z' }[format];
	return { boolean: true, integer: 7, number: 7.5, array: [items?.enum?.[0] ?? items?.anyOf?.[0]?.const ?? 'one'] }[type] ?? `my ${name}`;
}
const v1Schemas = {
	'elicitation/create': schemas.ElicitRequestSchema, 'sampling/createMessage': schemas.CreateMessageRequestSchema, 'roots/list': schemas.ListRootsRequestSchema,
};
const ABLE = { elicitation: {}, sampling: {}, roots: { listChanged: true } };

function remoteCommand(url, key) {
	const proxy = join(dirname(require.resolve('mcp-remote/package.json')), 'dist/proxy.js');
	return {
		command: process.execPath, args: [proxy, url, '--header', 'Authorization:${AUTH}', '--allow-http', '--transport', 'http-only'],
		env: { ...process.env, AUTH: `Bearer ${key}`, MCP_REMOTE_CONFIG_DIR: process.env.REMOTE_DIR ?? '/nonexistent' }, stderr: 'ignore',
	};
}

/* able: what the client declares; all of it unless said. key: $ENFORGATE_KEY unless said. asked: names of what servers asked, in order. */
export async function connect(kind, url, { able = ABLE, key = process.env.ENFORGATE_KEY } = {}) {
	const version = kind.includes('v1') ? 1 : 2;
	const headers = { Authorization: `Bearer ${key}` };
	const info = { name: `test-${kind}`, version: '1.0.0' };
	const negotiates = kind === 'v2' || kind === 'remote-v2';
	const client = version === 1 ? new ClientV1(info, { capabilities: able }) :
		new ClientV2(info, { capabilities: able, ...(negotiates && { versionNegotiation: { mode: 'auto' } }) });
	const asked = [];
	for (const [method, answer] of Object.entries(answers)) {
		const handler = (request) => (asked.push(method), answer(request));
		if (able[method.split('/')[0]])
			client.setRequestHandler(version === 1 ? v1Schemas[method] : method, handler);
	}
	const heard = [];
	const hear = (notification) => heard.push(notification);
	if (version === 1)
		client.fallbackNotificationHandler = async (notification) => hear(notification);
	else
		client.fallbackNotificationHandler = async (notification) => hear(notification);
	const transport = kind.startsWith('remote') ? new (version === 1 ? StdioV1 : StdioV2)(remoteCommand(url, key)) :
		new (version === 1 ? HttpV1 : HttpV2)(new URL(url), { requestInit: { headers } });
	await client.connect(transport);
	const call = (name, args, options) =>
		(version === 1 ? client.callTool({ name, arguments: args }, undefined, options) : client.callTool({ name, arguments: args }, options));
	return {
		kind, client, transport, asked, heard, call,
		version: client.getNegotiatedProtocolVersion?.() ?? transport.protocolVersion,
		tools: async () => (await client.listTools()).tools,
		resources: async () => (await client.listResources()).resources,
		templates: async () => (await client.listResourceTemplates()).resourceTemplates,
		prompts: async () => (await client.listPrompts()).prompts,
		read: async (uri) => (await client.readResource({ uri })).contents,
		prompt: async (name, args) => (await client.getPrompt({ name, arguments: args })).messages,
		/* Also ends the session, as a client does that is done. */
		close: async () => {
			await transport.terminateSession?.().catch(() => {});
			await client.close();
		},
	};
}
export const words = (result) => (result?.content ?? []).map((block) => block.text ?? block.type).join(' ');
