// Text as a person reads it. What comes from outside is shown with every character visible.
import { html } from './lit-html/lit-html.js';

const HIDDEN = /[\p{C}\p{Zl}\p{Zp}\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\u115f\u1160\u2800\u3164\uffa0]/gu;
const SHORT = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escaped(character) {
  const code = character.codePointAt(0).toString(16);
  if (SHORT[character]) return SHORT[character];
  if (code.length <= 2) return `\\x${code.padStart(2, '0')}`;
  return code.length <= 4 ? `\\u${code.padStart(4, '0')}` : `\\U${code.padStart(8, '0')}`;
}

/** Return text with an escape for each character that cannot be seen. */
export const visible = text => String(text).replace(HIDDEN, escaped);

/** Show a name: its direction does not change the text around it. */
export const name = text => html`<bdi dir="auto">${visible(text)}</bdi>`;

const UNSEEN = new RegExp(`${HIDDEN.source}|\\p{DI}`, 'u');
const MARK = /\p{M}/u;
const FIRST_MARK = '\u0300';

/** Return whether a character looks as another one, or looks so with those that it belongs to. */
const looksLikeOther = (letter, each) => each >= FIRST_MARK
  && (each.normalize() !== each || (letter + each).normalize() !== letter.normalize() + each);

/** Show text as it came; escapes that were not in it are marked. */
export function asItCame(text) {
  const parts = [];
  let plain = '';
  let letter = '';
  for (const each of text) {
    if (UNSEEN.test(each) || looksLikeOther(letter, each)) {
      parts.push(plain, html`<mark>${escaped(each)}</mark>`);
      plain = '';
    } else plain += each;
    letter = MARK.test(each) ? letter + each : each;
  }
  return html`<code dir="ltr">${[...parts, plain]}</code>`;
}

const NUMBERS = new Intl.NumberFormat('en-US');
export const number = value => (value === null || value === undefined ? '–' : NUMBERS.format(value));

export const plural = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;

/** Show epoch seconds as the clock of the reader, with the day if it is not today. */
export function clock(seconds) {
  const moment = new Date(seconds * 1000);
  const isToday = moment.toDateString() === new Date().toDateString();
  const shown = isToday ? moment.toLocaleTimeString('sv-SE') : moment.toLocaleString('sv-SE');
  return html`<time datetime=${moment.toISOString()}>${shown}</time>`;
}

export function duration(seconds) {
  if (seconds === null || seconds === undefined) return '…';
  return `${number(Math.round(seconds * 1000))} ms`;
}

export const REQUESTS = {
  upload: 'Upload', open: 'Export opened', page: 'Export page', count: 'Count', poll: 'Count poll',
  schema: 'Schema', profile: 'Profile lookup', report: 'Report', delete: 'Deletion',
  subscribe: 'Subscription', disassociate: 'Disassociation', other: 'Unknown path', drop: 'Dropped file',
};
/** Show how long ago something happened. */
export function ago(seconds) {
  if (seconds < 1) return 'just now';
  if (seconds < 120) return `${Math.floor(seconds)} s ago`;
  return seconds < 7200 ? `${Math.floor(seconds / 60)} min ago` : `${Math.floor(seconds / 3600)} h ago`;
}

const UPLOADED = { event: 'Event', token: 'Token', profile: 'Profile', other: 'Unknown type' };
export const requestKind = kind => REQUESTS[kind] ?? kind;
export const recordKind = kind => UPLOADED[kind] ?? requestKind(kind);

export const RECORDS = {
  events: 'Events', profiles: 'Profiles', tokens: 'Tokens', deleted: 'Deletions',
  subscriptions: 'Subscriptions', disassociated: 'Disassociations', refused: 'Refused records',
};
