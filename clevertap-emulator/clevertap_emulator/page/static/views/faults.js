// Faults: those that are on, with what they did; a form for the usual ones, JSON for all others.
import { html } from '../lit-html/lit-html.js';
import { post, read, remove } from '../api.js';
import { FAULTS, RATES, faultOf, labelOf } from '../fault-kinds.js';
import { REQUESTS, name, number, requestKind, visible } from '../text.js';
import { table } from '../table.js';

export const title = 'Faults';
export const every = 1000;

const EXAMPLE = '[{"match": {"kind": "upload", "number": [3, 7]}, "action": {"status": 503}}]';
const form = { fault: 'busy', kind: 'upload', event: '', value: null, rate: 'each', rateValue: null };
let wrong = '';

export const load = () => read('faults');

export const show = ({ data }, actions) => html`
  <section aria-labelledby="active"><h2 id="active">Switched on</h2>
    ${table({
      caption: 'Faults that are on; if several fit a request, the first one wins', kind: 'cards dense faults',
      rows: data.faults.map(each => row(each, actions)),
      heads: ['Fault', 'Requests', 'As JSON', '#Matched', '#Fired', 'Switch'], empty: 'No fault is on.',
    })}
    ${data.faults.length > 1 ? html`<p class="after"><button type="button" @click=${() => clear(actions)}>Switch all off</button></p>` : ''}
  </section>
  <section aria-labelledby="usual"><h2 id="usual">Switch a fault on</h2>${usual(actions)}</section>
  <section aria-labelledby="expert"><h2 id="expert">Any fault, as JSON</h2>${expert(actions)}</section>`;

function row({ id, match, action, matched, fired }, actions) {
  const label = labelOf(action) ?? (visible(Object.keys(action).join(', ')) || 'Nothing');
  return {
    key: id,
    cells: [
      label, requests(match), html`<code>${visible(JSON.stringify(action))}</code>`, number(matched), number(fired),
      html`<button type="button" @click=${() => off(id, label, actions)} aria-label="Switch off: ${label}">Switch off</button>`,
    ],
  };
}

function requests({ kind, event_name: event, ...more }) {
  const rest = Object.keys(more).length ? html` <code>${visible(JSON.stringify(more))}</code>` : '';
  return html`${kind ? requestKind(kind) : 'All'}${event === undefined ? '' : html` of ${name(event)}`}${rest}`;
}

const off = (id, label, actions) => actions.act(() => remove(`faults?id=${id}`), `Switched off: ${label}.`);
const clear = actions => actions.act(() => remove('faults'), 'All faults are off.');

function usual(actions) {
  const [fault, rate] = [FAULTS[form.fault], RATES[form.rate]];
  return html`<form class="grid" @input=${event => change(event, actions)} @submit=${event => on(event, actions)}>
    ${select('fault', 'Fault', Object.entries(FAULTS).map(([key, each]) => [key, each.label]))}
    ${figure('value', fault.value)}
    ${select('kind', 'Requests', [['', 'All'], ...Object.entries(REQUESTS).filter(([key]) => key !== 'drop')])}
    <label>Event name, if only one <input name="event" autocomplete="off" .value=${form.event}></label>
    ${select('rate', 'How often', Object.entries(RATES).map(([key, each]) => [key, each.label]))}
    ${figure('rateValue', rate.value)}
    <p class="preview">It is sent as <code>${visible(JSON.stringify(faultOf(values())))}</code></p>
    <button type="submit" class="primary">Switch on</button>
  </form>`;
}

const select = (key, label, options) => html`<label>${label}
  <select name=${key}>${options.map(([value, text]) => html`<option value=${value} .selected=${value === form[key]}>${text}</option>`)}</select></label>`;

function figure(key, given) {
  if (!given) return '';
  const [label, , most] = given;
  return html`<label>${label}
    <input name=${key} type="number" required min="1" max=${most} .value=${String(values()[key])}></label>`;
}

/** Return the form's values; a figure that was not typed is the usual one. */
function values() {
  const usualOf = given => (given ? given[1] : '');
  return {
    ...form,
    value: form.value ?? usualOf(FAULTS[form.fault].value),
    rateValue: form.rateValue ?? usualOf(RATES[form.rate].value),
  };
}

function change(event, actions) {
  const { name: key, value } = event.target;
  form[key] = value;
  if (key === 'fault') Object.assign(form, { value: null, kind: FAULTS[value].kind ?? form.kind });
  if (key === 'rate') form.rateValue = null;
  actions.draw();
}

function on(event, actions) {
  event.preventDefault();
  const fault = faultOf(values());
  const label = FAULTS[form.fault].label;
  actions.act(() => post('faults?keep=on', JSON.stringify([fault])), `Switched on: ${label}.`);
}

function expert(actions) {
  return html`<form class="stack" @submit=${event => send(event, actions)}>
    <label>A list of faults, each with <code>match</code> and <code>action</code>
      <textarea name="faults" rows="4" spellcheck="false" required
        aria-describedby="wrong" aria-invalid=${wrong ? 'true' : 'false'}>${EXAMPLE}</textarea></label>
    <p id="wrong" class="error" role="alert" ?hidden=${!wrong}>${visible(wrong)}</p>
    <p class="buttons"><button type="submit" name="keep" value="on">Add</button>
      <button type="submit" name="keep" value="off">Replace all</button></p>
  </form>`;
}

function send(event, actions) {
  event.preventDefault();
  const body = new FormData(event.currentTarget).get('faults');
  const keep = event.submitter?.value ?? 'on';
  const notice = keep === 'on' ? 'The faults are added.' : 'All faults are replaced.';
  wrong = '';
  actions.act(() => post(`faults?keep=${keep}`, body), notice, message => { wrong = message; });
}
