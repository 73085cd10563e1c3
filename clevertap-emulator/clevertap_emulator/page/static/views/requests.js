// Requests as they come: the newest of them, by kind, or those that failed; older ones by page.
import { html } from '../lit-html/lit-html.js';
import { read } from '../api.js';
import { REQUESTS, clock, duration, requestKind, name, number } from '../text.js';
import { table } from '../table.js';
import { status } from './overview.js';

export const title = 'Requests';
export const every = 0;

const SHOWN = 50;

/** Load what came or ended since the last time; the browser keeps only what is shown. */
export async function load(filters, before) {
  const answer = await read('requests', {
    limit: SHOWN, kind: filters.kind, failed: filters.failed, before: filters.before,
    since: before && !filters.before ? before.settledTo : undefined,
  });
  const rows = new Map((filters.before ? [] : before?.rows ?? []).map(each => [each.number, each]));
  for (const each of answer.requests) rows.set(each.number, each);
  const newest = [...rows.values()].sort((one, other) => other.number - one.number).slice(0, SHOWN);
  return { rows: newest, settledTo: answer.settled_to };
}

export const show = ({ route, data, paused }, actions) => html`
  <form class="filters" @change=${event => change(event, actions)} @submit=${event => event.preventDefault()}>
    <label>Kind <select name="kind">
      <option value="">All</option>
      ${Object.entries(REQUESTS).map(([kind, label]) => html`<option value=${kind} ?selected=${kind === route.filters.kind}>${label}</option>`)}
    </select></label>
    <label class="check"><input type="checkbox" name="failed" .checked=${route.filters.failed === 'on'}>
      Only those that failed or had refused records</label>
  </form>
  ${table({
    caption: caption(route.filters, paused), rows: data.rows.map(row), kind: 'cards dense requests',
    heads: ['#No.', 'Your time', 'Request', 'Kind', 'Event', '#Records', '#Refused', 'Status', '#Code', '#Duration'],
    empty: 'No such request is kept.',
  })}
  ${pages(route.filters, data.rows)}`;

function change(event, actions) {
  const given = new FormData(event.currentTarget);
  actions.go('requests', { kind: given.get('kind'), failed: given.get('failed') });
}

function caption({ before }, paused) {
  if (before) return `Requests before number ${number(Number(before))}, the newest first`;
  return paused ? 'The newest requests when you paused' : 'The newest requests, as they come';
}

const row = each => ({
  key: each.number,
  tone: each.faulty ? 'faulty' : '',
  cells: [
    number(each.number), clock(each.time),
    html`<code>${each.method} ${name(each.path)}</code>`,
    requestKind(each.kind),
    each.event_name ? html`${name(each.event_name)} ${days(each)}` : '',
    each.records === null ? '' : number(each.records),
    each.unprocessed ? html`<b class="warn">${number(each.unprocessed)}</b>` : each.unprocessed === null ? '' : '0',
    html`${each.kind === 'drop' ? '' : status(each)}${each.faulty ? html` <span class="chip fault">fault</span>` : ''}`,
    each.code === null ? '' : String(each.code),
    each.kind === 'drop' ? '' : duration(each.seconds),
  ],
});

function days(each) {
  const [first, last] = [each.from, each.to].map(day => String(day ?? '').replace(/^(\d{4})(\d\d)(\d\d)$/, '$1-$2-$3'));
  if (!first) return '';
  return html`<small>${name(first)}${last && last !== first ? html` to ${name(last)}` : ''}</small>`;
}

function pages(filters, rows) {
  const query = more => `#/requests?${new URLSearchParams({ ...filters, ...more })}`;
  const { before, ...newest } = filters;
  const last = rows.at(-1)?.number ?? 0;
  return html`<nav class="pages" aria-label="Pages of requests">
    ${before ? html`<a href="#/requests?${new URLSearchParams(newest)}">Newest</a>` : ''}
    ${rows.length === SHOWN && last > 1 ? html`<a href=${query({ before: last })}>Older</a>` : ''}
  </nav>`;
}
