/*
 * clients_run.mjs URL KIND - one kind of client (clients.mjs) at a gateway with the upstreams of clients.sh: lists, calls, reads,
 * gets, and answers what upstreams ask, each through the gateway.
 *
 * $FILES is the directory of the filesystem server, as the gateway's machine has it.
 */
import { check, is, like, ok, part } from './checks.mjs';
import { connect, words } from './clients.mjs';

const [url, kind] = process.argv.slice(2);
const { FILES } = process.env;
const say = (name) => `${kind}: ${name}`;
const increasing = (values) => values.length > 1 && values.every((value, i) => i === 0 || value > values[i - 1]);

const client = await connect(kind, url);
ok(say('connects'));
if (client.version !== undefined)
	is(say('speaks the revision it can'), client.version, kind === 'v2' || kind === 'remote-v2' ? '2026-07-28' : '2025-11-25');

await part(say('lists'), async () => {
	const tools = (await client.tools()).map(({ name }) => name);
	for (const name of ['fixture__test_echo', 'every__echo', 'every__trigger-elicitation-request', 'every__get-roots-list', 'files__read_text_file',
		'memory__read_graph', 'thinking__sequentialthinking', 'web__echo', 'web__trigger-sampling-request'])
		check(say(`lists ${name}`), tools.includes(name), tools.join(' '));
	const uris = (await client.resources()).map(({ uri }) => uri);
	for (const uri of ['every+demo://resource/static/document/features.md', 'memory+memory://knowledge-graph', 'fixture+test://static-text'])
		check(say(`lists ${uri}`), uris.includes(uri), uris.join(' '));
	const templates = (await client.templates()).map(({ uriTemplate }) => uriTemplate);
	check(say('lists templates'), templates.includes('web+demo://resource/dynamic/text/{resourceId}'), templates.join(' '));
	const prompts = (await client.prompts()).map(({ name }) => name);
	check(say('lists prompts'), prompts.includes('every__args-prompt') && prompts.includes('fixture__test_simple_prompt'), prompts.join(' '));
});

/* upstream, tool, arguments, what the answer is like */
const calls = [
	['fixture', 'test_simple_text', {}, /simple text/],
	['fixture', 'test__dunder__name', {}, /whole name/],
	['fixture', 'test_structured', { a: 3, b: 4 }, /"sum":7/],
	['every', 'echo', { message: `hello from ${kind}` }, new RegExp(`hello from ${kind}`)],
	['every', 'get-sum', { a: 20, b: 22 }, /42/],
	['every', 'get-structured-content', { location: 'Chicago' }, /temperature/],
	['every', 'get-resource-links', { count: 2 }, /resource_link/],
	['every', 'get-tiny-image', {}, /image/],
	['files', 'write_file', { path: `${FILES}/${kind}.txt`, content: `by ${kind}` }, /wrote/i],
	['files', 'read_text_file', { path: `${FILES}/${kind}.txt` }, new RegExp(`by ${kind}`)],
	['memory', 'create_entities', { entities: [{ name: kind, entityType: 'client', observations: ['tested'] }] }, new RegExp(kind)],
	['memory', 'read_graph', {}, new RegExp(kind)],
	['thinking', 'sequentialthinking', { thought: 'one', nextThoughtNeeded: false, thoughtNumber: 1, totalThoughts: 1 }, /thoughtHistoryLength/],
	['web', 'echo', { message: 'over HTTP' }, /over HTTP/],
];
for (const [upstream, tool, args, expected] of calls)
	await part(say(`${upstream}__${tool}`), async () => {
		const result = await client.call(`${upstream}__${tool}`, args);
		like(say(`${upstream}__${tool}`), words(result), expected);
	});

await part(say('reads'), async () => {
	const read = async (uri, expected) => {
		const [content] = await client.read(uri);
		like(say(`reads ${uri}`), content.text ?? '', expected);
		is(say(`reads ${uri} under that name`), content.uri, uri);
	};
	await read('fixture+test://static-text', /static text/);
	await read('every+demo://resource/static/document/features.md', /\w/);
	await read('web+demo://resource/dynamic/text/7', /7/);
	await read('memory+memory://knowledge-graph', /entities/);
	const [message] = await client.prompt('every__args-prompt', { city: 'Oslo' });
	like(say('gets a prompt'), message.content.text, /Oslo/);
});

for (const [name, args] of [['fixture__test_slow', { seconds: 0.6, steps: 3 }], ['every__trigger-long-running-operation', { duration: 0.6, steps: 3 }],
	['web__trigger-long-running-operation', { duration: 0.6, steps: 3 }]])
	await part(say(`progress of ${name}`), async () => {
		const seen = [];
		await client.call(name, args, { onprogress: ({ progress }) => seen.push(progress) });
		check(say(`progress of ${name}`), increasing(seen), JSON.stringify(seen));
	});

for (const [method, tools] of Object.entries({
	'elicitation/create': ['fixture__test_elicitation', 'every__trigger-elicitation-request', 'web__trigger-elicitation-request'],
	'sampling/createMessage': ['fixture__test_sampling', 'every__trigger-sampling-request', 'web__trigger-sampling-request'],
	'roots/list': ['fixture__test_roots'],
}))
	for (const tool of tools)
		await part(say(`${method} for ${tool}`), async () => {
			const before = client.asked.length;
			const result = await client.call(tool, { prompt: 'say something', message: 'who?' });
			check(say(`${method} for ${tool}`), client.asked.slice(before).includes(method) && !result.isError, `${client.asked.slice(before)}; ${words(result)}`);
			like(say(`the answer reaches ${tool}`), words(result), /my |sampled words|accept|roots\/one/);
		});

await part(say('an error of a tool'), async () => {
	const result = await client.call('fixture__test_error_handling', {});
	is(say('an error of a tool stays one'), [result.isError, /intentionally/.test(words(result))], [true, true]);
});
await part(say('closes'), async () => {
	await client.close();
	ok(say('closes'));
});
process.exit(0);
