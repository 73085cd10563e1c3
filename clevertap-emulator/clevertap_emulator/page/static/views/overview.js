// Totals: what arrived, what was refused and why, which exports are open.
import { html } from '../lit-html/lit-html.js';
import { read } from '../api.js';
import { RECORDS, ago, name, number, plural, recordKind, requestKind, visible } from '../text.js';
import { table } from '../table.js';

export const title = 'Overview';
export const every = 2000;

const CUT = 'Cut, or the client left';
const LISTED = 20;

export async function load(_filters, _before, { summary }) {
  const drops = summary.drops ? await read('drops', { limit: LISTED }) : null;
  return { ...(await read('exports', { limit: LISTED })), drops };
}

export const show = ({ summary, data }) => html`
  ${tiles(summary)}
  ${summary.requests.last_number ? '' : start(summary)}
  ${summary.count_uploads
    ? html`<p class="hint">Uploads are only counted (<code>--count-uploads</code>): not checked, not stored.</p>`
    : ''}
  <div class="columns">
    <section aria-labelledby="outcomes"><h2 id="outcomes">Requests by outcome</h2>${outcomes(summary)}</section>
    <section aria-labelledby="refusals"><h2 id="refusals">Refused records by code</h2>${refusals(summary)}</section>
  </div>
  <section aria-labelledby="exports"><h2 id="exports">Open exports</h2>${exports(data)}</section>
  ${data.drops ? html`<section aria-labelledby="drops"><h2 id="drops">Dropped files</h2>${drops(data.drops)}</section>` : ''}`;

const start = ({ account_id: account }) => html`<p class="hint">
  Nothing arrived yet. Set <code>api_url</code> of a plugin to <code>${location.origin}</code>,
  and <code>account_id</code> to <code>${visible(account)}</code>.</p>`;

function tiles({ requests, records, faults, exports: open, count_uploads: counting }) {
  const sum = values => Object.values(values).reduce((total, each) => total + each, 0);
  const kinds = Object.keys(RECORDS).filter(kind => kind !== 'refused');
  return html`<dl class="tiles">
    ${tile('Requests', sum(requests.kinds), '#/requests', plural(sum(requests.in_flight), 'in flight', 'in flight'))}
    ${counting ? tile('Counted records', records.counted) : ''}
    ${kinds.map(kind => tile(RECORDS[kind], records[kind], `#/records?kind=${kind}`))}
    ${tile('Refused records', records.refused, '#/records?kind=refused', '', records.refused ? 'warn' : '')}
    ${tile('Faults', faults.active, '#/faults', `fired on ${plural(faults.fired, 'request')}`, faults.active ? 'warn' : '')}
    ${tile('Open exports', open)}
  </dl>`;
}

const tile = (label, value, href = '', more = '', tone = '') => html`<div class=${tone}>
  <dt>${href ? html`<a href=${href}>${label}</a>` : label}</dt>
  <dd>${number(value)}${more ? html` <small>${more}</small>` : ''}</dd>
</div>`;

export function status({ status: code, seconds }) {
  if (seconds === null) return html`<span class="chip">in flight</span>`;
  if (code === null) return html`<span class="chip bad">cut</span>`;
  return html`<span class="chip ${code >= 500 ? 'bad' : code >= 400 ? 'warn' : 'good'}">${code}</span>`;
}

function outcomes({ requests }) {
  const rows = [...requests.outcomes]
    .sort((one, other) => other.count - one.count)
    .map(each => ({
      key: `${each.kind} ${each.status} ${each.code}`,
      cells: [
        html`<a href="#/requests?kind=${each.kind}">${requestKind(each.kind)}</a>`,
        each.status === null ? html`<span class="chip bad">${CUT}</span>` : status(each),
        each.code === null ? '' : String(each.code),
        number(each.count),
      ],
    }));
  return table({
    caption: 'Requests that ended, by kind, HTTP status and code', hidden: true, rows,
    heads: ['Kind', 'Status', '#Code', '#Requests'], empty: 'No request ended yet.',
  });
}

function refusals({ refusals: all }) {
  const rows = all.map(each => ({
    key: `${each.kind} ${each.code}`,
    cells: [String(each.code), recordKind(each.kind), each.reason, number(each.count)],
  }));
  return table({
    caption: 'Refused records by code and kind', hidden: true, rows,
    heads: ['Code', 'Kind', 'Reason', '#Records'], empty: 'No record was refused.',
  });
}

function exports({ exports: open, total }) {
  const rows = open.map(each => ({
    key: each.number,
    cells: [
      name(each.event_name), each.kind, span(each), number(each.pages_served),
      each.expired ? html`<span class="chip warn">expired</span>`
        : each.still_preparing ? html`<span class="chip">in progress</span>` : html`<span class="chip good">ready</span>`,
      ago(each.used_seconds_ago),
    ],
  }));
  return html`${table({
    caption: 'Exports, the newest first', hidden: true, rows,
    heads: ['Event', 'Of', 'Days', '#Pages served', 'Cursor', '#Last used'], empty: 'No export was opened.',
  })}${total > rows.length ? html`<p class="hint">The newest ${rows.length} of ${number(total)}.</p>` : ''}`;
}

const span = each => (each.from === each.to ? each.from ?? '' : `${each.from} to ${each.to}`);

function drops({ imports }) {
  const rows = [...imports].reverse().map(each => ({
    key: each.number,
    cells: [
      name(each.name),
      html`<span class="chip ${{ done: 'good', refused: 'bad' }[each.status] ?? ''}">${each.status}</span>`,
      number(each.rows), number(each.accepted), number(each.failed), each.error ? name(each.error) : '',
    ],
  }));
  return table({
    caption: 'Dropped files, the newest first', hidden: true, rows,
    heads: ['File', 'Status', '#Rows', '#Accepted', '#Failed', 'Error'], empty: 'No file was dropped yet.',
  });
}
