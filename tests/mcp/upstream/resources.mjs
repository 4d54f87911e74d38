/*
 * resources.mjs - the resources and templates that the conformance suite asks for.
 */
import { CODE, Fault } from './protocol.mjs';

/* One red pixel; a tenth of a second of silence. */
export const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';
export const WAV = (() => {
	const samples = 800, head = Buffer.alloc(44);
	head.write('RIFF', 0);
	head.writeUInt32LE(36 + samples, 4);
	head.write('WAVEfmt ', 8);
	head.writeUInt32LE(16, 16);
	head.writeUInt16LE(1, 20);
	head.writeUInt16LE(1, 22);
	head.writeUInt32LE(8000, 24);
	head.writeUInt32LE(8000, 28);
	head.writeUInt16LE(1, 32);
	head.writeUInt16LE(8, 34);
	head.write('data', 36);
	head.writeUInt32LE(samples, 40);
	return Buffer.concat([head, Buffer.alloc(samples, 128)]).toString('base64');
})();

export const resources = [
	{ uri: 'test://static-text', name: 'static-text', description: 'A text.', mimeType: 'text/plain' },
	{ uri: 'test://static-binary', name: 'static-binary', description: 'An image.', mimeType: 'image/png' },
	{ uri: 'test://watched-resource', name: 'watched-resource', description: 'A text that changes.', mimeType: 'text/plain' },
];
export const templates = [
	{ uriTemplate: 'test://template/{id}/data', name: 'template', description: 'Data by its id.', mimeType: 'application/json' },
];
const contents = {
	'test://static-text': () => ({ mimeType: 'text/plain', text: 'This is the content of the static text resource.' }),
	'test://static-binary': () => ({ mimeType: 'image/png', blob: PNG }),
	'test://watched-resource': ({ server }) => ({ mimeType: 'text/plain', text: `Seen after ${server.count} calls.` }),
};

export function readResource({ uri }, exchange) {
	const fixed = contents[uri]?.(exchange);
	if (fixed)
		return { contents: [{ uri, ...fixed }] };
	const id = /^test:\/\/template\/([^/]+)\/data$/.exec(uri)?.[1];
	if (id === undefined)
		throw new Fault(exchange.era === 'modern' ? CODE.params : CODE.resource, 'Resource not found', { uri });
	const data = JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` });
	return { contents: [{ uri, mimeType: 'application/json', text: data }] };
}
