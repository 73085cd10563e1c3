// The emulator's own paths: all answers are JSON, an error is a sentence.

export class Unreachable extends Error {}
class Refused extends Error {}

const PATIENCE = 20_000; // milliseconds: an emulator that was halted keeps its connections

async function call(path, options) {
  try {
    const answer = await fetch(path, { cache: 'no-store', signal: AbortSignal.timeout(PATIENCE), ...options });
    return await contentOf(answer);
  } catch (error) {
    throw error instanceof Refused ? error : new Unreachable('The emulator does not answer.');
  }
}

/** Return the JSON of an answer; one that is cut, or of another program, is an error. */
async function contentOf(answer) {
  if (answer.ok) return answer.json();
  const { error } = await answer.json().catch(() => ({}));
  throw new Refused(error ?? `The emulator answered ${answer.status}.`);
}

/** Read a path; filters that are undefined, null or '' are left out. */
export function read(path, filters = {}) {
  const given = Object.entries(filters).filter(([, value]) => (value ?? '') !== '');
  const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  return call(query.size ? `${path}?${query}` : path);
}

export const post = (path, body = '') => call(path, { method: 'POST', body });
export const remove = path => call(path, { method: 'DELETE' });
