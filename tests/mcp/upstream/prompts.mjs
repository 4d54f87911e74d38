/*
 * prompts.mjs - the prompts that the conformance suite asks for, and completions of their arguments.
 */
import { CODE, Fault } from './protocol.mjs';
import { PNG } from './resources.mjs';

const user = (content) => ({ role: 'user', content });
const words = (said) => user({ type: 'text', text: said });
const argument = (name, required = true) => ({ name, description: `the ${name}`, required });

const all = [
	{ name: 'test_simple_prompt', description: 'A prompt without arguments.', get: () => ({ messages: [words('This is a simple prompt for testing.')] }) },
	{
		name: 'test_prompt_with_arguments', description: 'A prompt with two arguments.', arguments: [argument('arg1'), argument('arg2')],
		get: ({ arg1, arg2 }) => ({ messages: [words(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)] }),
	},
	{
		name: 'test_prompt_with_embedded_resource', description: 'A prompt that holds a resource.', arguments: [argument('resourceUri')],
		get: ({ resourceUri }) => ({
			messages: [
				user({ type: 'resource', resource: { uri: resourceUri, mimeType: 'text/plain', text: 'Embedded resource content for testing.' } }),
				words('Please process the embedded resource above.'),
			],
		}),
	},
	{
		name: 'test_prompt_with_image', description: 'A prompt that holds an image.',
		get: () => ({ messages: [user({ type: 'image', data: PNG, mimeType: 'image/png' }), words('Please analyze the image above.')] }),
	},
	{
		name: 'test_input_required_result_prompt', description: 'A prompt that asks for something first.',
		get: async (given, exchange) => {
			const { user_context } = await exchange.elicit('user_context', 'What context should the prompt use?', { context: { type: 'string' } }, { state: false });
			return { messages: [words(`In the context of ${user_context.content?.context ?? 'nothing'}.`)] };
		},
	},
	{ name: 'test_extra_prompt', description: 'A prompt that comes and goes.', get: () => ({ messages: [words('extra')] }) },
];

export function prompts(extra) {
	return all.filter(({ name }) => extra || name !== 'test_extra_prompt').map(({ get, ...definition }) => definition);
}
export function findPrompt(params, extra) {
	const prompt = all.find(({ name }) => name === params.name && (extra || name !== 'test_extra_prompt'));
	if (!prompt)
		throw new Fault(CODE.params, `no prompt ${params.name}`);
	return prompt;
}

const WORDS = ['paris', 'park', 'party', 'testing'];
export function completions(params) {
	const values = WORDS.filter((word) => word.startsWith(params.argument?.value ?? ''));
	return { completion: { values, total: values.length, hasMore: false } };
}
