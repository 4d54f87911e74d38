/*
 * protocol.mjs - what the parts of the upstream share about the protocol: names, codes, faults, messages.
 */
export const MODERN = '2026-07-28';
export const LEGACY = ['2025-11-25', '2025-06-18', '2025-03-26'];
export const META = 'io.modelcontextprotocol/';
export const TASKS = META + 'tasks';
export const LEVELS = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'];

export const CODE = {
	parse: -32700, invalid: -32600, method: -32601, params: -32602, internal: -32603, server: -32000,
	resource: -32002, header: -32020, capability: -32021, version: -32022, url: -32042,
};

/* A request that is refused; `http` is the status over HTTP. */
export class Fault extends Error {
	constructor(code, message, data, http = 200) {
		super(message);
		Object.assign(this, { code, data, http });
	}
}
/* What a modern call ends with when it wants something of the client first. */
export class InputNeeded {
	constructor(requests, state) {
		Object.assign(this, { requests, state });
	}
}
/* An answer that is no JSON-RPC response: `spoil(transport)` does what a bad server does. */
export class Spoilt {
	constructor(spoil) {
		this.spoil = spoil;
	}
}

export const text = (words, more) => ({ content: [{ type: 'text', text: words }], ...more });
export const failed = (words) => text(words, { isError: true });
export const notification = (method, params) => ({ jsonrpc: '2.0', method, ...(params && { params }) });
export const sleep = (ms, signal) => new Promise((resolve, reject) => {
	const stop = () => (clearTimeout(timer), reject(new Fault(CODE.server, 'cancelled')));
	const timer = setTimeout(() => (signal?.removeEventListener('abort', stop), resolve()), ms);
	if (signal?.aborted)
		stop();
	signal?.addEventListener('abort', stop, { once: true });
});

/* Whether a client with these capabilities may be asked that; the capability that is missing, or null. */
export function missing(capabilities, method, params) {
	if (method === 'sampling/createMessage')
		return capabilities?.sampling ? null : 'sampling';
	if (method === 'roots/list')
		return capabilities?.roots ? null : 'roots';
	if (method !== 'elicitation/create')
		return method;
	if (params?.mode === 'url')
		return capabilities?.elicitation?.url ? null : 'elicitation';
	return capabilities?.elicitation ? null : 'elicitation';
}
export const lacking = (capability) =>
	new Fault(CODE.capability, `this needs the client capability ${capability}`, { requiredCapabilities: { [capability]: {} } }, 400);

export function errorOf(error) {
	if (!(error instanceof Fault))
		console.error(error);
	const { code = CODE.internal, message, data } = error;
	return { code, message, ...(data !== undefined && { data }) };
}
