/*
 * tools_asking.mjs - tools that ask their client: forms, models, roots, in one round or several.
 */
import { CODE, Fault, missing, text } from './protocol.mjs';

const STRING = { type: 'string' };
const message = (said) => ({ role: 'user', content: { type: 'text', text: said } });
const sample = (said, maxTokens = 100) => ({ method: 'sampling/createMessage', params: { messages: [message(said)], maxTokens } });
const form = (said, properties, required = Object.keys(properties)) =>
	({ method: 'elicitation/create', params: { message: said, requestedSchema: { type: 'object', properties, required } } });
const roots = { method: 'roots/list', params: {} };
const completed = ({ action, content }) => text(`Elicitation completed: action=${action}, content=${JSON.stringify(content)}`);
const titled = (...titles) => titles.map((title, i) => ({ const: `value${i + 1}`, title }));
const options = ['option1', 'option2', 'option3'];
const taking = (name) => ({ type: 'object', properties: { [name]: STRING } });

const defaults = {
	name: { type: 'string', default: 'John Doe' }, age: { type: 'integer', default: 30 }, score: { type: 'number', default: 95.5 },
	status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' }, verified: { type: 'boolean', default: true },
};
const enums = {
	untitledSingle: { type: 'string', enum: options },
	titledSingle: { type: 'string', oneOf: titled('First Option', 'Second Option', 'Third Option') },
	legacyEnum: { type: 'string', enum: ['opt1', 'opt2', 'opt3'], enumNames: ['Option One', 'Option Two', 'Option Three'] },
	untitledMulti: { type: 'array', items: { type: 'string', enum: options } },
	titledMulti: { type: 'array', items: { anyOf: titled('First Choice', 'Second Choice', 'Third Choice') } },
};

/* One question in one round. */
const asksFor = (key, request, say, options = {}) => async (args, exchange) =>
	say((await exchange.gather({ [key]: typeof request === 'function' ? request(args) : request }, options))[key]);

/* Asks for what the client can give, and for nothing else. */
async function withinCapabilities(args, exchange) {
	const wanted = { name: form('What is your name?', { name: STRING }), capital: sample('What is the capital of France?'), where: roots };
	const able = Object.entries(wanted).filter(([, { method, params }]) => !missing(exchange.capabilities, method, params));
	return text(JSON.stringify(await exchange.gather(Object.fromEntries(able))));
}
async function twoRounds(args, exchange) {
	const { step1 } = await exchange.elicit('step1', 'Step 1: What is your name?', { name: STRING });
	const { step2 } = await exchange.elicit('step2', 'Step 2: What is your favorite color?', { color: STRING });
	return text(`${step1.content?.name} likes ${step2.content?.color}`);
}
async function manyRounds({ rounds = 3 }, exchange) {
	const heard = [];
	for (let i = 1; i <= rounds; i++)
		heard.push((await exchange.elicit(`question${i}`, `Question ${i}`, { answer: STRING }))[`question${i}`].content?.answer);
	exchange.server.record({ event: 'heard', answers: heard });
	return text(`heard ${heard.join(', ')}`);
}
/* -32042 is for legacy clients; modern ones are asked in a round. */
async function byUrl(args, exchange) {
	const url = 'https://example.org/consent';
	if (exchange.era === 'legacy')
		throw new Fault(CODE.url, 'a page has to be visited', { elicitations: [{ mode: 'url', elicitationId: 'e1', url, message: 'Please agree.' }] });
	const { consent } = await exchange.gather({ consent: { method: 'elicitation/create', params: { mode: 'url', message: 'Please agree.', url } } });
	return text(`consent: ${consent.action}`);
}

export const asking = [
	{
		name: 'test_sampling', inputSchema: taking('prompt'),
		run: asksFor('sample', ({ prompt = 'nothing' }) => sample(prompt), ({ content }) => text(`LLM response: ${content?.text}`)),
	},
	{
		name: 'test_elicitation', inputSchema: taking('message'),
		run: asksFor('user', ({ message: said = 'Who are you?' }) => form(said, {
			username: { type: 'string', description: "User's response" }, email: { type: 'string', description: "User's email address" },
		}), ({ action, content }) => text(`User response: action: ${action}, content: ${JSON.stringify(content)}`)),
	},
	{ name: 'test_elicitation_sep1034_defaults', run: asksFor('form', form('Please look at the defaults', defaults, []), completed) },
	{ name: 'test_elicitation_sep1330_enums', run: asksFor('form', form('Please choose', enums, []), completed) },
	{
		name: 'test_missing_capability',
		run: (args, exchange) => {
			exchange.needs('sampling');
			return text('the client can sample');
		},
	},
	{
		name: 'test_streaming_elicitation',
		run: async (args, exchange) => {
			exchange.progress(1, 2, 'about to ask');
			return completed((await exchange.elicit('user', 'Are you there?', { there: { type: 'boolean' } })).user);
		},
	},
	{
		name: 'test_input_required_result_elicitation',
		run: asksFor('user_name', form('What is your name?', { name: STRING }), ({ content }) => text(`Hello, ${content?.name}!`), { state: false }),
	},
	{
		name: 'test_input_required_result_sampling',
		run: asksFor('capital_question', sample('What is the capital of France?'), ({ content }) => text(content?.text ?? ''), { state: false }),
	},
	{
		name: 'test_input_required_result_list_roots',
		run: asksFor('client_roots', roots, (answer) => text(`roots: ${(answer.roots ?? []).map(({ uri }) => uri).join(' ')}`), { state: false }),
	},
	{
		name: 'test_input_required_result_request_state',
		run: asksFor('confirm', form('Please confirm', { ok: { type: 'boolean' } }), () => text('state-ok')),
	},
	{
		name: 'test_input_required_result_multiple_inputs',
		run: async (args, exchange) => {
			const answers = await exchange.gather({
				user_name: form('What is your name?', { name: STRING }), greeting: sample('Generate a greeting', 50), client_roots: roots,
			});
			return text(`${answers.greeting.content?.text} ${answers.user_name.content?.name}, ${answers.client_roots.roots?.length} roots`);
		},
	},
	{ name: 'test_input_required_result_multi_round', run: twoRounds },
	{
		name: 'test_input_required_result_tampered_state',
		run: asksFor('confirm', form('Please confirm', { ok: { type: 'boolean' } }), () => text('untouched')),
	},
	{ name: 'test_input_required_result_capabilities', run: withinCapabilities },

	/* Not of the suite. */
	{ name: 'test_many_rounds', inputSchema: { type: 'object', properties: { rounds: { type: 'integer' } } }, run: manyRounds },
	{
		name: 'test_request_state_only', inputSchema: { type: 'object', properties: { rounds: { type: 'integer' } } },
		run: async ({ rounds = 3 }, exchange) => {
			await exchange.again(rounds);
			return text(`came ${exchange.round} times again`);
		},
	},
	{ name: 'test_roots', run: asksFor('roots', roots, (answer) => text(JSON.stringify(answer.roots))) },
	{ name: 'test_url_elicitation', run: byUrl },
];
