// The newest stored and refused records of each kind.
import { html } from '../lit-html/lit-html.js';
import { read } from '../api.js';
import { RECORDS, asItCame, recordKind, name, number } from '../text.js';
import { table } from '../table.js';

export const title = 'Records';
export const every = 2000;

const SHOWN = 50;

export const load = filters => read('records', { kind: filters.kind ?? 'events', limit: SHOWN });

export const show = ({ data, summary }) => html`
  <nav class="tabs" aria-label="Kinds of records"><ul>
    ${Object.entries(RECORDS).map(([kind, label]) => html`<li>
      <a href="#/records?kind=${kind}" aria-current=${kind === data.kind ? 'true' : 'false'}>${label}
        <span class="count">${number(summary.records[kind])}</span></a></li>`)}
  </ul></nav>
  ${list(data)}`;

/** Show the newest records of a kind. */
export function list({ kind, total, newest }) {
  const label = RECORDS[kind];
  const shown = newest.length < total ? `, the newest ${newest.length} of ${number(total)}` : '';
  return table({
    caption: `${label}${shown}`, kind: `cards dense records ${kind}`,
    heads: kind === 'refused' ? ['#Request', '#Record', 'Kind', '#Code', 'Reason', 'User', 'As it came'] : ['#Request', 'As it came'],
    rows: newest.map((each, place) => ({ key: `${each.request} ${total - place}`, cells: cells(kind, each) })),
    empty: `${label}: none.`,
  });
}

const cells = (kind, each) => kind === 'refused'
  ? [number(each.request), number(each.number), recordKind(each.kind), String(each.code), each.reason, user(each.user), asItCame(each.record)]
  : [number(each.request), asItCame(each.record)];

const user = key => (key === null ? '' : html`<a href="#/users?key=${encodeURIComponent(key)}">${name(key)}</a>`);
