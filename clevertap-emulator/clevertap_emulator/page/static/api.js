// The emulator's own paths: all answers are JSON, an error is a sentence.

export class Unreachable extends Error {}

async function call(path, options) {
  let answer;
  try {
    answer = await fetch(path, { cache: 'no-store', ...options });
  } catch {
    throw new Unreachable('The emulator does not answer.');
  }
  const content = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(content.error ?? `The emulator answered ${answer.status}.`);
  return content;
}

/** Read a path; filters that are undefined, null or '' are left out. */
export function read(path, filters = {}) {
  const given = Object.entries(filters).filter(([, value]) => (value ?? '') !== '');
  const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  return call(query.size ? `${path}?${query}` : path);
}

export const post = (path, body = '') => call(path, { method: 'POST', body });
export const remove = path => call(path, { method: 'DELETE' });
